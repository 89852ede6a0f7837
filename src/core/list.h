// SPDX-License-Identifier: MIT
// list.h -- an intrusive doubly linked list: membership costs no allocation and leaving one is O(1).
//
//   shape   an element derives from ListNode<Tag>; Tag tells lists apart that one element is in at the same time
//   own     the list borrows its elements; an element that dies while linked is a broken invariant
//   cost    two words an element
#pragma once

#include "core/check.h"

namespace pm {

template <class Tag>
class ListNode {
 public:
  ListNode() noexcept = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { PM_CHECK(!is_linked(), "an element leaves its list before it dies"); }

  bool is_linked() const noexcept { return next_ != nullptr; }
  void unlink() noexcept {
    if (!is_linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <class, class>
  friend class List;
  ListNode* next_ = nullptr;
  ListNode* prev_ = nullptr;
};

template <class T, class Tag = T>
class List {
  using Node = ListNode<Tag>;

 public:
  List() noexcept { head_.next_ = head_.prev_ = &head_; }
  ~List() {
    while (!empty())
      front().Node::unlink();
    head_.next_ = head_.prev_ = nullptr;
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  bool empty() const noexcept { return head_.next_ == &head_; }
  T& front() noexcept { return static_cast<T&>(*head_.next_); }
  const T& front() const noexcept { return static_cast<const T&>(*head_.next_); }
  T& back() noexcept { return static_cast<T&>(*head_.prev_); }
  void push_back(T& element) noexcept { link(element, head_.prev_, &head_); }
  void push_front(T& element) noexcept { link(element, &head_, head_.next_); }
  T& pop_front() noexcept {
    T& element = front();
    static_cast<Node&>(element).unlink();
    return element;
  }
  // Moves every element of `other` to the end of this list, keeping their order.
  void take_all(List& other) noexcept {
    while (!other.empty())
      push_back(other.pop_front());
  }

  // `visit` may unlink the element that it is given, and no other.
  template <class F>
  void for_each(F&& visit) {
    for (Node* node = head_.next_; node != &head_;) {
      Node* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  void link(T& element, Node* before, Node* after) noexcept {
    Node& node = element;
    PM_CHECK(!node.is_linked(), "an element is in one list of a kind");
    node.prev_ = before;
    node.next_ = after;
    before->next_ = after->prev_ = &node;
  }

  Node head_;
};

}  // namespace pm
