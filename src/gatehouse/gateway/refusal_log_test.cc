// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/refusal_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gatehouse::gateway {
namespace {

class RefusalLogTest : public testing::Test {
 protected:
  void note_from(const std::string& address, int times = 1) {
    http::Request request;
    request.method_name = "GET";
    request.peer = address;
    for (int i = 0; i < times; ++i) refusals_.note(request, 404, "no such path");
  }
  std::ptrdiff_t lines() const { return std::ranges::count(log_.text(), '\n'); }
  std::string last_line() const {
    const std::string& text = log_.text();
    const std::size_t end = text.rfind('\n', text.size() - 2);
    return end == std::string::npos ? text : text.substr(end + 1);
  }

  base::FixedClock clock_{base::from_epoch_seconds(1'800'000'000)};
  telemetry::MemoryLog log_;
  RefusalLog refusals_{0, clock_, log_};
};

TEST_F(RefusalLogTest, SaysWhatWasRefusedToWhom) {  // I14
  note_from("192.0.2.7");

  EXPECT_EQ(lines(), 1);
  for (const char* part :
       {R"("event":"request refused")", R"("status":404)", R"("reason":"no such path")",
        R"("method":"GET")", R"("peer":"192.0.2.7")"}) {
    EXPECT_NE(log_.text().find(part), std::string::npos) << part << " in " << log_.text();
  }
}

TEST_F(RefusalLogTest, NamesTheRequest) {
  base::SeededRandom random(3);
  http::Request request;
  request.trace = telemetry::RequestTrace({}, random);
  refusals_.note(request, 404, "no such path");
  EXPECT_NE(log_.text().find(request.trace.trace_id()), std::string::npos) << log_.text();
}

TEST_F(RefusalLogTest, OneAddressDoesNotFloodIt) {
  note_from("192.0.2.7", 10'000);
  EXPECT_EQ(lines(), 30);

  note_from("192.0.2.8");
  EXPECT_EQ(lines(), 31) << "others are heard";
  EXPECT_NE(last_line().find(R"("count":9970)"), std::string::npos) << last_line();
  clock_.advance(std::chrono::seconds(1));
  note_from("192.0.2.7", 10);
  EXPECT_EQ(lines(), 32) << "and it is again, now and then";
}

TEST_F(RefusalLogTest, ManyAddressesDoNotFloodIt) {
  for (int i = 0; i < 5'000; ++i) note_from("198.51." + std::to_string(i));
  EXPECT_EQ(lines(), 300);
  clock_.advance(std::chrono::seconds(2));
  for (int i = 0; i < 5'000; ++i) note_from("203.0." + std::to_string(i));
  EXPECT_EQ(lines(), 340);
}

TEST_F(RefusalLogTest, ANetworkOfIpv6IsOneAddress) {
  for (int i = 0; i < 100; ++i) note_from("2001:db8::" + std::to_string(i));
  EXPECT_EQ(lines(), 30);
  note_from("2001:db8:0:1::1");
  EXPECT_EQ(lines(), 31);
}

}  // namespace
}  // namespace gatehouse::gateway
