// SPDX-License-Identifier: Apache-2.0
// expect: the iterator is owned
int one = undeclared_name;
