// SPDX-License-Identifier: Apache-2.0
// [main]
int main() { return 0; }
// [/main]
