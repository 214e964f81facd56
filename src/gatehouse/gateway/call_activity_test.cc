// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/call_activity.h"

#include <gtest/gtest.h>

#include "gatehouse/base/json.h"

namespace gatehouse::gateway {
namespace {

class Sealer final : public mcp::StateSealer {
 public:
  std::string seal(std::string_view, std::string_view, std::string_view,
                   std::chrono::seconds) override {
    return {};
  }
  base::Result<std::string> open(std::string_view, std::string_view, std::string_view) override {
    return base::Error{base::Errc::denied, "unused"};
  }
};

class Caller final : public mcp::Caller, public GrantHolder {
 public:
  explicit Caller(std::string grant) : grant_(std::move(grant)) {}
  const std::string& grant_id() const override { return grant_; }

 private:
  const std::string grant_;
};

mcp::Tool tool(const std::string& name, bool read_only) {
  mcp::Tool out;
  out.name = name;
  out.description = "For tests.";
  out.input_schema = R"({"type":"object"})";
  out.annotations.read_only = read_only;
  out.handler = [](mcp::ToolCall&) -> base::Coroutine<mcp::ToolResult> {
    co_return mcp::tool_text("done");
  };
  return out;
}

mcp::Catalog offered() {
  mcp::Catalog catalog;
  catalog.tools.add(tool("search", true));
  catalog.tools.add(tool("send", false));
  mcp::ResourceTemplate mail;
  mail.uri_template = "mail://message/{id}";
  mail.name = "mail";
  mail.description = "For tests.";
  mail.reader = [](mcp::ResourceCall&) -> base::Coroutine<mcp::ResourceResult> {
    co_return mcp::ResourceResult();
  };
  catalog.resources.add(std::move(mail));
  return catalog;
}

class CallActivityTest : public ::testing::Test {
 protected:
  void call(const std::string& grant, const std::string& name) {
    const Caller caller(grant);
    mcp::ToolCall call(caller, base::JsonValue(), sealer);
    // Counted when called: the coroutine need not run.
    static_cast<void>(catalog.tools.find(name)->handler(call));
  }
  void read(const std::string& grant) {
    const Caller caller(grant);
    mcp::ResourceCall call(caller, sealer);
    static_cast<void>(catalog.resources.templates().front().reader(call));
  }

  base::FixedClock clock{base::from_epoch_seconds(1'800'000'000)};
  Sealer sealer;
  CallActivity activity{2, clock};
  mcp::Catalog catalog = activity.counted(offered());
};

TEST_F(CallActivityTest, CountsWhatASessionCalledTheMostUsedFirst) {
  call("one", "search");
  clock.advance(std::chrono::seconds(7));
  call("one", "send");
  call("one", "send");
  read("one");

  const auto seen = activity.of("one");

  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->last, clock.now());
  ASSERT_EQ(seen->tools.size(), 3u);
  EXPECT_EQ(seen->tools[0].name, "send");
  EXPECT_EQ(seen->tools[0].calls, 2);
  EXPECT_TRUE(seen->tools[0].changes);
  EXPECT_EQ(seen->tools[1].name, "search");
  EXPECT_FALSE(seen->tools[1].changes);
  EXPECT_EQ(seen->tools[2].name, "mail://message/{id}");
  EXPECT_FALSE(seen->tools[2].changes);
  EXPECT_EQ(activity.since(), base::from_epoch_seconds(1'800'000'000));
}

TEST_F(CallActivityTest, KeepsSessionsApart) {  // I6
  call("one", "search");
  EXPECT_FALSE(activity.of("two"));
  call("two", "send");
  EXPECT_EQ(activity.of("one")->tools.front().name, "search");
  EXPECT_EQ(activity.of("two")->tools.front().name, "send");
}

TEST_F(CallActivityTest, ForgetsTheSessionThatWasUsedLongestAgo) {  // I10
  call("one", "search");
  call("two", "search");
  call("one", "search");
  call("three", "search");
  EXPECT_TRUE(activity.of("one"));
  EXPECT_FALSE(activity.of("two"));
  EXPECT_TRUE(activity.of("three"));
}

TEST_F(CallActivityTest, LeavesTheCatalogAsItWas) {
  const mcp::Catalog before = offered();
  ASSERT_EQ(catalog.tools.tools().size(), before.tools.tools().size());
  for (std::size_t i = 0; i < before.tools.tools().size(); ++i) {
    EXPECT_EQ(catalog.tools.tools()[i].name, before.tools.tools()[i].name);
    EXPECT_EQ(catalog.tools.tools()[i].input_schema, before.tools.tools()[i].input_schema);
  }
  EXPECT_EQ(catalog.resources.templates().size(), before.resources.templates().size());
}

}  // namespace
}  // namespace gatehouse::gateway
