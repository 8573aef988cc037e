// SPDX-License-Identifier: Apache-2.0
#include "pariter/detail/platform.hpp"

#include <gtest/gtest.h>

#include <atomic>

#if PARITER_ASYMMETRIC_FENCE
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace {

using here = pariter::detail::platform<std::atomic>;

TEST(Platform, fences_as_often_as_asked) {
  if (!here::has_asymmetric_fence()) GTEST_SKIP() << "there is no asymmetric fence here";
  for (int i = 0; i < 100; ++i) {
    here::light_fence();
    here::heavy_fence();
  }
}

#if PARITER_ASYMMETRIC_FENCE
void refuse_membarrier() {
  sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog filter{4, steps};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return;
  std::fputs("no filter could be set: the system refuses membarrier for this test by saying so\n", stderr);
  std::abort();
}

// A fence that does nothing would be found out by what goes wrong without it, some day.
TEST(PlatformDeathTest, a_fence_that_is_refused_later_is_reported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  if (!here::has_asymmetric_fence()) GTEST_SKIP() << "there is no asymmetric fence here";
  EXPECT_DEATH(
      {
        here::heavy_fence();
        refuse_membarrier();
        here::heavy_fence();
      },
      "the system refuses membarrier");
}
#endif

}  // namespace
