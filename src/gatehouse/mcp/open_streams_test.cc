// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/open_streams.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <set>
#include <vector>

#include "gatehouse/http/outgoing_event_stream.h"

namespace gatehouse::mcp {
namespace {

using namespace std::chrono_literals;

class OpenStreamsTest : public ::testing::Test {
 protected:
  std::shared_ptr<http::EventStream> open(OpenStreams::Terms terms = {}) {
    terms.principal = "alice|client";
    if (terms.expires == base::SystemTime()) terms.expires = clock.now() + 168h;
    return streams.open(loop.get_executor(), std::move(terms));
  }
  void pass(std::chrono::seconds time) {
    clock.advance(time);
    streams.end_expired();
  }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  OpenStreams streams{clock, 1000, 55min};
};

TEST_F(OpenStreamsTest, EndWithinTheLastFiveMinutesOfTheirLifeAndNotTogether) {
  std::vector<std::shared_ptr<http::EventStream>> all;
  for (int i = 0; i < 480; ++i) all.push_back(open());
  pass(50min);
  EXPECT_EQ(streams.size(), 480U);
  std::set<std::size_t> left;
  for (int minute = 51; minute <= 54; ++minute) {
    pass(1min);
    left.insert(streams.size());
    EXPECT_GE(480U - streams.size(), 100U * static_cast<unsigned>(minute - 50)) << minute;
  }
  EXPECT_EQ(left.size(), 4U) << "some in each minute";
  EXPECT_EQ(streams.size(), 0U);
  for (const auto& stream : all) EXPECT_FALSE(stream->is_open());
}

TEST_F(OpenStreamsTest, OneThatOwesAnAnswerEndsAMinuteLaterOrWhenItHasAnswered) {
  bool owed = true;
  OpenStreams::Terms patient;
  patient.is_owed = [&owed] { return owed; };
  const auto answering = open(std::move(patient));
  OpenStreams::Terms stuck;
  stuck.is_owed = [] { return true; };
  const auto never = open(std::move(stuck));
  pass(52min);
  EXPECT_TRUE(answering->is_open());
  owed = false;
  streams.end_expired();
  EXPECT_FALSE(answering->is_open()) << "its time had come";
  pass(2min);
  EXPECT_TRUE(never->is_open());
  pass(1min);
  EXPECT_FALSE(never->is_open());
}

TEST_F(OpenStreamsTest, TheTokensEndComesFirst) {
  OpenStreams::Terms short_lived;
  short_lived.expires = clock.now() + 60s;
  short_lived.is_owed = [] { return true; };
  const auto stream = open(std::move(short_lived));
  pass(59s);
  EXPECT_TRUE(stream->is_open());
  pass(1s);
  EXPECT_FALSE(stream->is_open());
}

TEST_F(OpenStreamsTest, SayGoodByeWhenTheirLifeEnds) {
  OpenStreams::Terms terms;
  terms.last_message = R"({"bye":1})";
  const auto stream = open(std::move(terms));
  pass(54min);
  EXPECT_NE(http::outgoing(*stream).take().find(R"(data: {"bye":1})"), std::string::npos);
  EXPECT_FALSE(stream->is_open());
}

}  // namespace
}  // namespace gatehouse::mcp
