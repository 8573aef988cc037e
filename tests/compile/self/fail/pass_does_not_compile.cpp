// SPDX-License-Identifier: Apache-2.0
// expect: undeclared_name
int one = undeclared_name;
