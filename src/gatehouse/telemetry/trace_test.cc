// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/trace.h"

#include <gtest/gtest.h>

namespace gatehouse::telemetry {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

// Counts how much is asked of it.
class CountingRandom final : public base::Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    asked += out.size();
    inner_.fill(out);
  }
  std::size_t asked = 0;

 private:
  base::SeededRandom inner_{5};
};

TEST(TraceParent, TakesWhatIsWellFormedAndNothingElse) {
  const std::string good = "00-" + kTrace + "-" + kSpan + "-01";
  const auto parent = parse_traceparent(good);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace_id, kTrace);
  EXPECT_EQ(parent->span_id, kSpan);
  EXPECT_TRUE(parent->sampled);
  EXPECT_FALSE(parse_traceparent("00-" + kTrace + "-" + kSpan + "-02")->sampled);
  EXPECT_TRUE(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01-what-comes-later"));

  for (const std::string& bad :
       {std::string(), good.substr(1), good.substr(0, 54), good + "-x", good + "0",
        "ff-" + kTrace + "-" + kSpan + "-01", "cc-" + kTrace + "-" + kSpan + "-01x",
        "00-" + std::string(32, '0') + "-" + kSpan + "-01",
        "00-" + kTrace + "-" + std::string(16, '0') + "-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kSpan + "-01",
        "00-" + kTrace + "_" + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "-0g",
        std::string(55, '-')})
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
}

TEST(RequestTrace, FollowsTheCallersTraceWithSpansOfItsOwn) {
  CountingRandom random;
  const RequestTrace trace("00-" + kTrace + "-" + kSpan + "-01", random);
  EXPECT_EQ(trace.trace_id(), kTrace);
  EXPECT_EQ(trace.request_id().size(), 16U);
  EXPECT_NE(trace.request_id(), kSpan);
  const std::string first = trace.traceparent_of_call();
  const std::string second = trace.traceparent_of_call();
  for (const std::string& header : {first, second}) {
    const auto parent = parse_traceparent(header);
    ASSERT_TRUE(parent) << header;
    EXPECT_EQ(parent->trace_id, kTrace);
    EXPECT_TRUE(parent->sampled);
    EXPECT_NE(parent->span_id, kSpan);
  }
  EXPECT_NE(first, second);
}

TEST(RequestTrace, MakesNoNameBeforeItIsAskedAndThenKeepsIt) {
  CountingRandom random;
  const RequestTrace trace("nonsense", random);
  EXPECT_EQ(random.asked, 0U);
  const std::string trace_id(trace.trace_id());
  const std::string request_id(trace.request_id());
  EXPECT_EQ(trace_id.size(), 32U);
  EXPECT_EQ(trace.trace_id(), trace_id);
  EXPECT_EQ(trace.request_id(), request_id);
  const RequestTrace another({}, random);
  EXPECT_NE(another.trace_id(), trace_id);
  EXPECT_TRUE(parse_traceparent(trace.traceparent_of_call()));
  EXPECT_TRUE(trace.traceparent_of_call().ends_with("-00")) << "nobody has asked for a record";
}

TEST(RequestTrace, GoesByOneNameInWorkThatOutlivesIt) {
  CountingRandom random;
  const RequestTrace trace({}, random);
  const RequestTrace later = trace.named();
  EXPECT_EQ(later.trace_id(), trace.trace_id());
  EXPECT_EQ(later.request_id(), trace.request_id());
}

TEST(RequestTrace, OfNothingHasNoNames) {
  const RequestTrace& none = RequestTrace::none();
  EXPECT_TRUE(none.trace_id().empty());
  EXPECT_TRUE(none.request_id().empty());
  EXPECT_TRUE(none.traceparent_of_call().empty());
}

}  // namespace
}  // namespace gatehouse::telemetry
