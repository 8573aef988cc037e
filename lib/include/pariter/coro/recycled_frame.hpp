// SPDX-License-Identifier: Apache-2.0
#pragma once
// recycled_frame: the base class of a promise whose frames are kept for the next coroutine.
//
// A recursive walk makes and frees a frame per node, always of the same size. Each thread keeps a few that it freed, in lists by
// size, and takes from them before it asks `::operator new`. At most 16 frames each of 64, 128, ... 512 bytes are kept: 36 KiB
// per thread. Larger frames are not.
//
// Threads: a frame may be freed by another thread than the one that made it; it goes to the lists of the one that frees it. A thread's
// lists are freed at its end. Neither function is inlined, so that no compiler keeps the lists' address across a suspension point,
// after which a coroutine may be on another thread.
//
// Under AddressSanitizer and ThreadSanitizer nothing is kept, so that they see every use after free.

#include <array>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PARITER_RECYCLE_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PARITER_RECYCLE_FRAMES 0
#endif
#endif
#if !defined(PARITER_RECYCLE_FRAMES)
#define PARITER_RECYCLE_FRAMES 1
#endif

namespace pariter::detail {

#if PARITER_RECYCLE_FRAMES

class frame_store {
 public:
  static constexpr std::size_t granule = 64;
  static constexpr std::size_t classes = 8;
  static constexpr int kept = 16;  // of each class

  void* take(std::size_t size) {
    const std::size_t c = class_of(size);
    if (c >= classes) return ::operator new(size);
    shelf& s = shelves_[c];
    if (s.top == nullptr) return ::operator new((c + 1) * granule);
    --s.count;
    return std::exchange(s.top, s.top->below);
  }

  void give(void* frame, std::size_t size) noexcept {
    const std::size_t c = class_of(size);
    if (c >= classes || shelves_[c].count >= limit_) return give_up(frame, size);
    shelf& s = shelves_[c];
    s.top = ::new (frame) sheet{s.top};
    ++s.count;
  }

 private:
  struct sheet {
    sheet* below;
  };
  struct shelf {
    sheet* top = nullptr;
    int count = 0;
  };
  struct at_thread_exit {
    frame_store& store;
    ~at_thread_exit() { store.clear(); }
  };

  static constexpr std::size_t class_of(std::size_t size) { return (size - 1) / granule; }

  // The first frame that this thread frees, and each one that finds no place.
  void give_up(void* frame, std::size_t size) noexcept {
    if (!opened_) {
      opened_ = true;
      limit_ = kept;
      thread_local const at_thread_exit closing{*this};
    }
    ::operator delete(frame);
    static_cast<void>(size);
  }

  void clear() noexcept {
    limit_ = 0;
    for (shelf& s : shelves_) {
      while (s.top != nullptr) ::operator delete(std::exchange(s.top, s.top->below));
      s.count = 0;
    }
  }

  std::array<shelf, classes> shelves_{};
  int limit_ = 0;  // none before at_thread_exit is in place, and none after
  bool opened_ = false;
};

inline constinit thread_local frame_store frames_of_this_thread{};

class recycled_frame {
 public:
  [[gnu::noinline]] static void* operator new(std::size_t size) { return frames_of_this_thread.take(size); }
  [[gnu::noinline]] static void operator delete(void* frame, std::size_t size) noexcept { frames_of_this_thread.give(frame, size); }
};

#else

class recycled_frame {};

#endif

// Where the items are over-aligned the frame is aligned as they are, since the body's temporaries lie in it.
template <std::size_t Alignment>
class aligned_frame {
 public:
  static constexpr std::size_t frame_alignment = Alignment;
  static void* operator new(std::size_t size) { return ::operator new(size, std::align_val_t(Alignment)); }
  static void operator delete(void* frame, std::size_t) noexcept { ::operator delete(frame, std::align_val_t(Alignment)); }
};

template <std::size_t Alignment>
using frame_for = std::conditional_t<(Alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__), aligned_frame<Alignment>, recycled_frame>;

}  // namespace pariter::detail
