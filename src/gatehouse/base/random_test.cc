// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/base/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/base/encoding.h"

namespace gatehouse::base {
namespace {

TEST(SystemRandom, NeverRepeats) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) seen.insert(random.token(16));
  EXPECT_EQ(seen.size(), 5000u);
}

TEST(SystemRandom, FillsAnySize) {
  SystemRandom random;
  for (const std::size_t size : {0u, 1u, 31u, 1000u, 4095u, 4096u, 100'000u}) {
    const Secret bytes = random.secret(size);
    ASSERT_EQ(bytes.size(), size);
    if (size < 100) continue;
    EXPECT_GT(std::set<char>(bytes.reveal().begin(), bytes.reveal().end()).size(), 64u);
  }
}

TEST(SystemRandom, ThreadsDrawDifferentBytes) {
  std::array<std::vector<std::string>, 4> drawn;
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&mine] {
      SystemRandom random;
      for (int i = 0; i < 500; ++i) mine.push_back(random.token(16));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : drawn) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 2000u);
}

TEST(SystemRandom, ForkedChildDrawsItsOwnBytes) {
  SystemRandom random;
  (void)random.token(16);  // so that a block has been read ahead
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::array<std::uint8_t, 32> bytes;
    random.fill(bytes);
    _exit(write(ends[1], bytes.data(), bytes.size()) == 32 ? 0 : 1);
  }
  std::array<std::uint8_t, 32> ours;
  random.fill(ours);
  std::array<std::uint8_t, 32> theirs;
  ASSERT_EQ(read(ends[0], theirs.data(), theirs.size()), 32);
  int status = 0;
  waitpid(child, &status, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_NE(ours, theirs);
}

TEST(SeededRandom, RepeatsForTheSameSeed) {
  SeededRandom first(7);
  SeededRandom second(7);
  SeededRandom other(8);
  const std::string token = first.token(24);
  EXPECT_EQ(token, second.token(24));
  EXPECT_NE(token, first.token(24));
  EXPECT_NE(token, other.token(24));
}

TEST(Random, TokensAreBase64Url) {
  SystemRandom random;
  const std::string token = random.token(32);
  EXPECT_EQ(token.size(), 43u);
  ASSERT_TRUE(base64url_decode(token).has_value());
  EXPECT_EQ(base64url_decode(token)->size(), 32u);
}

}  // namespace
}  // namespace gatehouse::base
