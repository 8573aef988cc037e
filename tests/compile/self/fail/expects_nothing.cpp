// SPDX-License-Identifier: Apache-2.0
int one = undeclared_name;
