# SPDX-License-Identifier: MIT
"""What a file takes from the standard library it includes, itself or by a header of ours: the compiler, which reads one precompiled
standard library for all files, does not notice."""
import functools
import re

# Header: names. A name that several headers declare stands with each. Names of <cstdint>, which all the others bring, are not asked for.
STANDARD = {
    "algorithm": "adjacent_find all_of any_of binary_search clamp copy copy_if copy_n count count_if equal find find_if find_if_not for_each"
    " generate_n is_sorted lower_bound make_heap max max_element min min_element mismatch none_of nth_element pop_heap push_heap replace"
    " replace_if reverse rotate sort stable_partition stable_sort transform unique upper_bound",
    "array": "array",
    "atomic": "atomic atomic_thread_fence memory_order_acquire memory_order_relaxed memory_order_release memory_order_acq_rel",
    "bit": "bit_cast bit_ceil bit_width countr_zero endian has_single_bit rotl",
    "charconv": "chars_format from_chars to_chars",
    "chrono": "chrono",
    "cmath": "exp2 fabs floor isfinite isinf isnan lround",
    "cstdio": "FILE fflush fprintf fwrite printf puts remove sscanf",
    "cstdlib": "abort atof atoi exit free getenv malloc realloc strtoull system",
    "cstring": "memchr memcmp memcpy memset strchr strerror strlen",
    "deque": "deque",
    "fstream": "ifstream ofstream",
    "functional": "equal_to function hash less",
    "iterator": "back_inserter istreambuf_iterator make_move_iterator next",
    "limits": "numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": "make_shared make_unique shared_ptr unique_ptr weak_ptr uninitialized_copy_n",
    "numeric": "accumulate gcd iota",
    "optional": "nullopt optional",
    "random": "mt19937",
    "set": "set multiset",
    "span": "span",
    "string": "getline string to_string",
    "string_view": "string_view",
    "thread": "this_thread thread",
    "tuple": "tie tuple",
    "type_traits": "is_enum_v is_same_v is_trivially_copyable_v is_trivially_destructible_v",
    "unordered_map": "unordered_map",
    "unordered_set": "unordered_set",
    "utility": "as_const exchange forward move pair swap",
    "variant": "get_if monostate variant",
    "vector": "vector",
}
# Headers that are specified to bring others' names, or cannot do without.
BRINGS = {
    "algorithm": "utility",
    "chrono": "limits type_traits",
    "fstream": "string",
    "functional": "type_traits utility",
    "map": "utility functional",
    "memory": "utility functional type_traits",
    "optional": "utility type_traits",
    "set": "functional",
    "span": "array type_traits iterator",
    "string": "string_view iterator utility",
    "string_view": "iterator",
    "thread": "chrono",
    "tuple": "utility type_traits",
    "unordered_map": "utility functional",
    "variant": "utility",
    "vector": "iterator utility type_traits",
}
HEADERS_OF = {}
for header, names in STANDARD.items():
    for name in names.split():
        HEADERS_OF.setdefault(name, set()).add(header)
NAME = re.compile(r"\bstd::(\w+)")
NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)


@functools.lru_cache(maxsize=None)
def brought(tree, path):
    """Standard headers that a file includes, itself or by a header of ours."""
    found, seen, todo = set(), set(), [path]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        for _, bracket, name in tree.includes(at):
            if bracket == "<":
                found |= {name, *BRINGS.get(name, "").split()}
            else:
                todo += filter(None, [tree.resolve(at, name)])
    return found


def check(tree):
    for path in tree.cpp:
        has, told = brought(tree, path), set()
        text = NOISE.sub(lambda m: "\n" * m[0].count("\n"), tree.text(path))
        for match in NAME.finditer(text):
            needs = HEADERS_OF.get(match[1])
            if needs and not needs & has and match[1] not in told:
                told.add(match[1])
                yield "%s:%d: std::%s without <%s>" % (path, text.count("\n", 0, match.start()) + 1, match[1], sorted(needs)[0])
