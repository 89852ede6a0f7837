// SPDX-License-Identifier: MIT
// option.h -- how a configuration key is declared: once, and everything else is made from that.
//
//   shape   a Section is the list of Options of one struct; an Option is a key, its kind, what it may hold, a line of
//           help, and how the struct's member is read and written. The default is what the struct is born with
//   out     decoding (decode.h), the effective configuration (dump.h), the Bundle (codec.h), the manual page (manual.h)
//           and the schema for editors (schema.h) are walks over these tables
//   own     constant data; a Section outlives everything
//   source  static-config.md section 2 for the kinds, decision 13 for what is not there yet
#pragma once

#include "config/findings.h"
#include "config/mark.h"
#include "config/node.h"
#include "core/number.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pm::config {

enum class Kind : std::uint8_t {
  flag,
  integer,
  duration,
  text,
  choice,          // one of `words`
  text_list,       // or one scalar, split at commas
  text_map,        // free names to texts; nested sections are joined with "."
  section,         // keys of `section` below
  section_list,    // a list of such sections
  named_sections,  // free names, each a section
  opaque,          // a tree that somebody else reads
  noted,  // known and not there yet: only that it was written is kept, and breaks its object
  place,  // where an object was written
};

enum class Status : std::uint8_t {
  supported,
  accepted,  // read and checked, and without effect by design: nothing is said
  later,     // comfort that is not there yet: a warning
  missing,   // changes routing, safety or what is measured, and is not there yet: an error
  refused,   // will not be: an error with the reason
};

using Words = std::span<const std::string_view>;
using TextMap = std::map<std::string, std::string>;

using MarkedTexts = std::vector<At<std::string>>;

// What any option can hold: the member that its kind uses counts, the others are empty.
struct Value {
  bool is_set = false;
  bool flag = false;
  std::int64_t number = 0;  // an integer, the index of a choice's word, a duration's nanoseconds
  std::string text;
  MarkedTexts list;
  TextMap map;
  Node tree;
  Mark mark;
};

// Whether a text names a file whose content is meant. The loader reads it; a text that holds PEM is a content itself.
enum class Names : std::uint8_t { nothing, file, file_or_content, key_or_content };

struct Section;

// What is allowed instead of `text` ("write host:port"), or "" when it is fine.
using Check = std::string_view (*)(std::string_view text);

struct Option {
  std::string_view key;  // "": no key stands for it, only the codec carries it
  std::string_view help;
  Kind kind = Kind::flag;
  Status status = Status::supported;
  bool may_be_empty = false;  // marked with a dagger in the specification: {} and true switch it on
  bool is_secret = false;
  Names names = Names::nothing;
  bool breaks_only =
      false;  // a value that is not allowed leaves the default and does not refuse the document
  std::int64_t least = INT64_MIN;  // of integers; of durations in nanoseconds
  std::int64_t most = INT64_MAX;
  Words
      words;  // of a choice, "warn|warning": the first spelling is ours; of texts: the only ones allowed
  Check check = nullptr;  // of a text, and of each element of a text list
  std::string_view unit;  // "bytes", "requests"; durations need none
  std::string_view
      initial;  // default of an option without a member, or a sentence where the default is not one value
  std::string_view quiet;   // the value with which a missing feature is not missed: "false", "0"
  std::string_view reason;  // why it is refused, or what is missing
  const Section* section = nullptr;

  // Scalars, lists and maps. Null: nothing is stored.
  void (*set)(void* object, Value&& value) = nullptr;
  Value (*value)(const void* object) = nullptr;
  // Sections: how many there are, one of them, a new one (the only one, if it may be there once).
  std::size_t (*count)(const void* object) = nullptr;
  const void* (*item)(const void* object, std::size_t index) = nullptr;
  void* (*open)(void* object) = nullptr;

  constexpr Option at_least(std::int64_t bound) const {
    Option o = *this;
    o.least = bound;
    return o;
  }
  constexpr Option at_most(std::int64_t bound) const {
    Option o = *this;
    o.most = bound;
    return o;
  }
  constexpr Option in(std::string_view unit_name) const {
    Option o = *this;
    o.unit = unit_name;
    return o;
  }
  constexpr Option of(Words allowed) const {
    Option o = *this;
    o.words = allowed;
    return o;
  }
  constexpr Option checked(Check function) const {
    Option o = *this;
    o.check = function;
    return o;
  }
  constexpr Option with_default(std::string_view text) const {
    Option o = *this;
    o.initial = text;
    return o;
  }
  constexpr Option quiet_at(std::string_view text) const {
    Option o = *this;
    o.quiet = text;
    return o;
  }
  constexpr Option empty() const {
    Option o = *this;
    o.may_be_empty = true;
    return o;
  }
  constexpr Option naming(Names what) const {
    Option o = *this;
    o.names = what;
    return o;
  }
  constexpr Option secret() const {
    Option o = *this;
    o.is_secret = true;
    return o;
  }
  constexpr Option breaking_only() const {
    Option o = *this;
    o.breaks_only = true;
    return o;
  }
  constexpr Option as(Status s, std::string_view why = {}) const {
    Option o = *this;
    o.status = s;
    o.reason = why;
    return o;
  }
};

struct Complaint {
  Mark mark;         // without a source: the place of the section itself
  std::string what;  // stands behind the path of the section: "has no address"
  std::string advice;
  Severity severity = Severity::error;
};

// A struct as it is born: what an option that nobody gives is left at.
using Born = std::unique_ptr<const void, void (*)(const void*)>;

struct Section {
  std::span<const Option> options;
  Born (*born)() = nullptr;
  // Named sections: tells the struct what it is called. The provider is "" in the static part.
  void (*identify)(void* object, std::string name, std::string_view provider, Mark mark) = nullptr;
  std::string_view (*name_of)(const void* object) = nullptr;
  // Sections of a middleware's kind: the whole tree below the name goes into this option, unread.
  const Option* whole = nullptr;
  // Whether the section makes sense as a whole; asked when all its keys are in. True: fine.
  bool (*verify)(const void* object, Complaint& complaint) = nullptr;

  const Option* find(std::string_view key) const noexcept;  // case ignored
};

namespace detail {

template <class T>
struct Member;
template <class S, class T>
struct Member<T S::*> {
  using Struct = S;
  using Type = T;
};
template <auto M>
using StructOf = typename Member<decltype(M)>::Struct;
template <auto M>
using TypeOf = typename Member<decltype(M)>::Type;

// How one C++ type becomes a Value and back. `to` of an optional is new.
template <class T>
struct Form;
template <>
struct Form<bool> {
  static constexpr Kind kind = Kind::flag;
  static void load(const bool& from, Value& v) { v.flag = from; }
  static void store(bool& to, Value& v) { to = v.flag; }
};
template <>
struct Form<std::int64_t> {
  static constexpr Kind kind = Kind::integer;
  static void load(const std::int64_t& from, Value& v) { v.number = from; }
  static void store(std::int64_t& to, Value& v) { to = v.number; }
};
template <>
struct Form<Duration> {
  static constexpr Kind kind = Kind::duration;
  static void load(const Duration& from, Value& v) { v.number = from.count(); }
  static void store(Duration& to, Value& v) { to = Duration(v.number); }
};
template <>
struct Form<std::string> {
  static constexpr Kind kind = Kind::text;
  static void load(const std::string& from, Value& v) { v.text = from; }
  static void store(std::string& to, Value& v) { to = std::move(v.text); }
};
template <>
struct Form<MarkedTexts> {
  static constexpr Kind kind = Kind::text_list;
  static void load(const MarkedTexts& from, Value& v) { v.list = from; }
  static void store(MarkedTexts& to, Value& v) { to = std::move(v.list); }
};
template <>
struct Form<std::vector<std::string>> {
  static constexpr Kind kind = Kind::text_list;
  static void load(const std::vector<std::string>& from, Value& v) {
    v.list.reserve(from.size());
    for (const std::string& text : from)
      v.list.push_back({text, {}});
  }
  static void store(std::vector<std::string>& to, Value& v) {
    to.clear();
    for (At<std::string>& text : v.list)
      to.push_back(std::move(text.value));
  }
};
template <>
struct Form<TextMap> {
  static constexpr Kind kind = Kind::text_map;
  static void load(const TextMap& from, Value& v) { v.map = from; }
  static void store(TextMap& to, Value& v) { to = std::move(v.map); }
};
template <>
struct Form<Node> {
  static constexpr Kind kind = Kind::opaque;
  static void load(const Node& from, Value& v) { v.tree = from; }
  static void store(Node& to, Value& v) { to = std::move(v.tree); }
};
template <>
struct Form<Mark> {
  static constexpr Kind kind = Kind::place;
  static void load(const Mark& from, Value& v) { v.mark = from; }
  static void store(Mark& to, Value& v) { to = v.mark; }
};
template <class E>
requires std::is_enum_v<E>
struct Form<E> {
  static constexpr Kind kind = Kind::choice;
  static void load(const E& from, Value& v) { v.number = static_cast<std::int64_t>(from); }
  static void store(E& to, Value& v) { to = static_cast<E>(v.number); }
};
template <class T>
struct Form<At<T>> {
  static constexpr Kind kind = Form<T>::kind;
  static void load(const At<T>& from, Value& v) {
    v.mark = from.mark;
    Form<T>::load(from.value, v);
  }
  static void store(At<T>& to, Value& v) {
    to.mark = v.mark;
    Form<T>::store(to.value, v);
  }
};
template <class T>
struct Form<std::optional<T>> {
  static constexpr Kind kind = Form<T>::kind;
  static void load(const std::optional<T>& from, Value& v) {
    v.is_set = from.has_value();
    if (from) Form<T>::load(*from, v);
  }
  static void store(std::optional<T>& to, Value& v) { Form<T>::store(to.emplace(), v); }
};

template <auto M>
void set_member(void* object, Value&& value) {
  Form<TypeOf<M>>::store(static_cast<StructOf<M>*>(object)->*M, value);
}
template <auto M>
Value load_member(const void* object) {
  Value value;
  value.is_set = true;
  Form<TypeOf<M>>::load(static_cast<const StructOf<M>*>(object)->*M, value);
  return value;
}

// How sections are held: once, perhaps, or in a list.
template <class T>
struct Holder {
  using Struct = T;
  static constexpr Kind kind = Kind::section;
  static std::size_t count(const T&) { return 1; }
  static const void* item(const T& v, std::size_t) { return &v; }
  static void* open(T& v) { return &v; }
};
template <class T>
struct Holder<std::optional<T>> {
  using Struct = T;
  static constexpr Kind kind = Kind::section;
  static std::size_t count(const std::optional<T>& v) { return v ? 1 : 0; }
  static const void* item(const std::optional<T>& v, std::size_t) { return &*v; }
  static void* open(std::optional<T>& v) { return v ? &*v : &v.emplace(); }
};
template <class T>
struct Holder<std::vector<T>> {
  using Struct = T;
  static constexpr Kind kind = Kind::section_list;
  static std::size_t count(const std::vector<T>& v) { return v.size(); }
  static const void* item(const std::vector<T>& v, std::size_t i) { return &v[i]; }
  static void* open(std::vector<T>& v) { return &v.emplace_back(); }
};
template <auto M>
std::size_t count_member(const void* object) {
  return Holder<TypeOf<M>>::count(static_cast<const StructOf<M>*>(object)->*M);
}
template <auto M>
const void* member_item(const void* object, std::size_t index) {
  return Holder<TypeOf<M>>::item(static_cast<const StructOf<M>*>(object)->*M, index);
}
template <auto M>
void* open_member(void* object) {
  return Holder<TypeOf<M>>::open(static_cast<StructOf<M>*>(object)->*M);
}

inline std::size_t one(const void*) {
  return 1;
}
inline const void* same_item(const void* object, std::size_t) {
  return object;
}
inline void* same(void* object) {
  return object;
}

template <class S>
Born born() {
  return Born(new S{}, [](const void* object) { delete static_cast<const S*>(object); });
}
template <class S>
void identify_object(void* object, std::string name, std::string_view provider, Mark mark) {
  S& named = *static_cast<S*>(object);
  named.name = std::move(name);
  named.mark = mark;
  if constexpr (requires { named.provider; }) named.provider = std::string(provider);
}
template <class S>
std::string_view name_of_object(const void* object) {
  return static_cast<const S*>(object)->name;
}
template <class S, auto Verify>
bool verify_object(const void* object, Complaint& complaint) {
  return Verify(*static_cast<const S*>(object), complaint);
}
template <auto M>
void note_member(void* object, Value&& value) {
  (static_cast<StructOf<M>*>(object)->*M).push_back({std::move(value.text), value.mark});
}

}  // namespace detail

// A key that a member holds: a scalar, a list or a map by the member's type. The struct needs a name that no other has, an
// anonymous namespace around it or not: g++ lets functions made from pointers to members leave their file.
template <auto M>
constexpr Option option(std::string_view key, std::string_view help) {
  Option o;
  o.key = key;
  o.help = help;
  o.kind = detail::Form<detail::TypeOf<M>>::kind;
  o.set = detail::set_member<M>;
  o.value = detail::load_member<M>;
  if (o.kind == Kind::opaque) o.may_be_empty = true;
  return o;
}

// A section whose struct is a member: itself, an optional, or a vector (then the key holds a list).
template <auto M>
constexpr Option section(std::string_view key, const Section& keys, std::string_view help) {
  using Held = detail::Holder<detail::TypeOf<M>>;
  Option o;
  o.key = key;
  o.help = help;
  o.kind = Held::kind;
  o.section = &keys;
  o.count = detail::count_member<M>;
  o.item = detail::member_item<M>;
  o.open = detail::open_member<M>;
  return o;
}
// A vector of structs with names: the keys below are the names.
template <auto M>
constexpr Option named(std::string_view key, const Section& keys, std::string_view help) {
  Option o = section<M>(key, keys, help);
  o.kind = Kind::named_sections;
  return o;
}
// A section in the file whose members stand in the struct around it.
constexpr Option group(std::string_view key, const Section& keys, std::string_view help) {
  Option o;
  o.key = key;
  o.help = help;
  o.kind = Kind::section;
  o.section = &keys;
  o.count = detail::one;
  o.item = detail::same_item;
  o.open = detail::same;
  return o;
}

// Keys that nothing in the struct holds.
constexpr Option bare(std::string_view key, Kind kind, std::string_view help) {
  Option o;
  o.key = key;
  o.help = help;
  o.kind = kind;
  return o;
}
constexpr Option accepted(std::string_view key, Kind kind, std::string_view help) {
  return bare(key, kind, help).as(Status::accepted);
}
constexpr Option later(std::string_view key, Kind kind, std::string_view help) {
  return bare(key, kind, help).as(Status::later);
}
constexpr Option missing(std::string_view key, std::string_view help, Kind kind = Kind::opaque) {
  const Option o = bare(key, kind, help).as(Status::missing);
  return kind == Kind::opaque ? o.empty() : o;
}
constexpr Option refused(std::string_view key, std::string_view why) {
  return bare(key, Kind::opaque, {}).as(Status::refused, why);
}
// Known and not there yet; the member, a list of At<std::string>, remembers that it was written.
template <auto M>
constexpr Option noted(std::string_view key, std::string_view help) {
  Option o = bare(key, Kind::noted, help).as(Status::missing).empty();
  o.set = detail::note_member<M>;
  return o;
}

// What the codec must carry and no key stands for: a name, a place, what was noted.
template <auto M>
constexpr Option carried() {
  return option<M>({}, {});
}

template <class S>
constexpr Section section_of(std::span<const Option> options) {
  Section s;
  s.options = options;
  s.born = detail::born<S>;
  if constexpr (requires(S object) {
                  object.name;
                  object.mark;
                }) {
    s.identify = detail::identify_object<S>;
    s.name_of = detail::name_of_object<S>;
  }
  return s;
}
template <class S, auto Verify>
constexpr Section section_of(std::span<const Option> options) {
  Section s = section_of<S>(options);
  s.verify = detail::verify_object<S, Verify>;
  return s;
}

std::string_view kind_text(
    const Option& option) noexcept;  // "a duration", "true or false"; for messages

}  // namespace pm::config
