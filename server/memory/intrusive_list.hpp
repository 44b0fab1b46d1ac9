// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace mooring::server {

/// A place in a List for an object that derives from it; Tag tells the lists apart that one object
/// may be in at the same time. Leaves its list when it is destroyed.
template <class Tag>
class ListHook {
 public:
  ListHook() = default;
  ~ListHook() { unlink(); }
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;

  [[nodiscard]] bool linked() const { return next_ != nullptr; }
  /// Leaves the list that it is in, if any.
  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class, class>
  friend class List;

  ListHook* prev_ = nullptr;
  ListHook* next_ = nullptr;
};

/// A doubly linked list of objects that it does not own. T derives from ListHook<Tag>. Nothing
/// allocates; every operation takes constant time.
template <class T, class Tag = T>
class List {
  using Hook = ListHook<Tag>;

 public:
  List() { head_.prev_ = head_.next_ = &head_; }
  ~List() {
    while (!empty()) head_.next_->unlink();
    head_.prev_ = head_.next_ = nullptr;
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  /// The first object; null when the list is empty.
  [[nodiscard]] T* front() const { return empty() ? nullptr : object(head_.next_); }

  /// Calls `each` with the objects in order until it says false; it may take out the one that it is
  /// given, and must not change the list otherwise.
  template <class Each>
  void visit(Each&& each) const {
    Hook* next = nullptr;
    for (Hook* hook = head_.next_; hook != &head_; hook = next) {
      next = hook->next_;
      if (!each(*object(hook))) return;
    }
  }

  /// Puts it last; it leaves the list of this tag that it may be in.
  void push_back(T& item) { insert_before(head_, item); }
  /// Puts another in the place of one that is in a list.
  static void replace(T& old, T& item) {
    insert_before(old, item);
    static_cast<Hook&>(old).unlink();
  }
  /// Puts it first; it leaves the list of this tag that it may be in.
  void push_front(T& item) { insert_before(*head_.next_, item); }

 private:
  static T* object(Hook* hook) { return static_cast<T*>(hook); }
  static void insert_before(Hook& where, T& item) {
    Hook& hook = item;
    if (&hook == &where) return;
    hook.unlink();
    hook.prev_ = where.prev_;
    hook.next_ = &where;
    where.prev_->next_ = &hook;
    where.prev_ = &hook;
  }

  Hook head_;
};

}  // namespace mooring::server
