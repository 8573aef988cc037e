// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who writes into a container: chosen in its type.

namespace pariter {

enum class writers {
  locked,  // any number of threads at once
  single,  // one thread at a time, without a lock's cost; who it is may change with a happens-before between the two
};

}  // namespace pariter
