// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/extractor.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "gatehouse/extract/pdf_for_test.h"

namespace gatehouse::extract {
namespace {

TEST(Extractor, HasRoomForSoMuchAtOnce) {
  ExtractorLimits limits;
  limits.bytes_max = 100;
  Extractor extractor(limits);
  EXPECT_FALSE(extractor.room_for(101));
  {
    auto first = extractor.room_for(60);
    ASSERT_TRUE(first);
    EXPECT_FALSE(extractor.room_for(41));
    const auto moved = std::move(first);
    EXPECT_FALSE(extractor.room_for(41)) << "it moved and is still taken";
    EXPECT_TRUE(extractor.room_for(40));
  }
  EXPECT_TRUE(extractor.room_for(100));
}

base::Coroutine<void> read(Extractor& extractor, std::string_view bytes,
                           std::optional<Extracted<DocumentText>>& result) {
  const PageRange all;
  telemetry::MemoryLog log;
  auto outcome = co_await extractor.pdf(bytes, all, log);
  result.emplace(std::move(outcome));
}

TEST(Extractor, RunsAFewProgramsAtOnce) {
  ExtractorLimits limits;
  limits.pdfs_max = 1;
  limits.pdf.program = "sleep";  // whose words it does not understand: it ends at once
  Extractor extractor(limits);
  boost::asio::io_context loop{1};
  const std::string pdf = pdf_of({"x"});
  std::optional<Extracted<DocumentText>> results[3];
  const auto ignore = [](std::exception_ptr) {};
  boost::asio::co_spawn(loop, read(extractor, pdf, results[0]), ignore);
  boost::asio::co_spawn(loop, read(extractor, pdf, results[1]), ignore);
  loop.run();
  ASSERT_TRUE(results[0] && results[1]);
  EXPECT_EQ(results[0]->error(), Trouble::damaged);
  EXPECT_EQ(results[1]->error(), Trouble::busy);
  boost::asio::co_spawn(loop, read(extractor, pdf, results[2]), ignore);
  loop.restart();
  loop.run();
  EXPECT_EQ(results[2]->error(), Trouble::damaged) << "its place is free again";
}

}  // namespace
}  // namespace gatehouse::extract
