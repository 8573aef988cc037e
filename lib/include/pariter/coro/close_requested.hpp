// SPDX-License-Identifier: Apache-2.0
#pragma once
// close_requested: what close() throws into the body of a generator, sync or async, at the `co_yield` where it stands.
//
// No std::exception, so that `catch (const std::exception&)` lets it pass. Let it pass yourself, or catch it, clean up and return;
// a body that yields instead is reported by ignored_close.

namespace pariter {

struct close_requested {};

}  // namespace pariter
