// SPDX-License-Identifier: MIT
#include "t/lib/mutator.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>

using pm::test::Mutator;

TEST_GROUP(mutator){static std::vector<std::string> inputs(const std::vector<std::string>& corpus,
                                                           std::uint64_t seed, std::size_t count){
    Mutator mutator(corpus, seed);
std::vector<std::string> all;
for (std::size_t i = 0; i < count; ++i)
  all.push_back(mutator.next());
return all;
}
}
;

TEST(mutator, a_seed_stands_for_its_inputs) {
  const std::vector<std::string> corpus{"GET / HTTP/1.1", "a: b"};

  CHECK_TRUE(inputs(corpus, 1, 100) == inputs(corpus, 1, 100));
  CHECK_FALSE(inputs(corpus, 1, 100) == inputs(corpus, 2, 100));
}

TEST(mutator, what_one_input_says_comes_to_stand_in_the_others) {
  const std::vector<std::string> all = inputs({"(((", "chunked"}, 1, 1000);

  CHECK_TRUE(std::any_of(all.begin(), all.end(), [](const std::string& input) {
    return input.find("(chunked(") != std::string::npos;
  }));
}

TEST(mutator, nothing_grows_past_the_bound) {
  for (const std::string& input : inputs({std::string(8000, 'x'), "ab"}, 1, 1000))
    CHECK_TRUE(input.size() <= Mutator::most_bytes);
}

TEST(mutator, an_empty_corpus_gives_inputs_too) {
  CHECK_EQUAL(10u, inputs({}, 1, 10).size());
  CHECK_EQUAL(10u, inputs({""}, 1, 10).size());
}
