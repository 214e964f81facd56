// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/event_stream.h"

#include <gtest/gtest.h>

#include "gatehouse/http/outgoing_event_stream.h"

namespace gatehouse::http {
namespace {

using namespace std::string_view_literals;

std::string event(std::string_view data, std::string_view name = "", std::string_view id = "") {
  std::string out;
  append_event(out, {data, name, id});
  return out;
}

TEST(Event, HasFieldsOnlyWhereGiven) {
  EXPECT_EQ(event("{}"), "data: {}\n\n");
  EXPECT_EQ(event("{}", "message"), "event: message\ndata: {}\n\n");
  EXPECT_EQ(event("{}", "message", "7"), "event: message\nid: 7\ndata: {}\n\n");
  EXPECT_EQ(event(""), "data: \n\n");
}

TEST(Event, EveryKindOfLineBreakStartsADataLine) {
  EXPECT_EQ(event("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(event("a\n\nb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(event("\n"), "data: \ndata: \n\n");
  EXPECT_EQ(event("a\r\r\nb"), "data: a\ndata: \ndata: b\n\n");
}

// T27
TEST(Event, NameAndIdCannotAddFieldsOrEvents) {
  EXPECT_EQ(event("x", "a\nid: 9", "1\r\n\r\ndata: y\0z"sv),
            "event: aid: 9\nid: 1data: yz\ndata: x\n\n");
}

TEST(Event, CommentStaysACommentOnEveryLine) {
  std::string out;
  append_comment(out, "a\ndata: b\r\revent: c");
  EXPECT_EQ(out, ": a\n: data: b\n: \n: event: c\n\n");
}

class Outlet final : public StreamOutlet {
 public:
  void stream_changed() override { ++changes; }
  std::size_t backlog() const override { return waiting; }
  int changes = 0;
  std::size_t waiting = 0;
};

TEST(OutgoingEventStream, KeepsWhatWasWrittenBeforeTheServerAttached) {
  OutgoingEventStream stream;
  Outlet outlet;
  EXPECT_TRUE(stream.send({"a", "", ""}));
  stream.attach(outlet, 1000);
  EXPECT_TRUE(stream.comment("b"));

  EXPECT_EQ(stream.take(), "data: a\n\n: b\n\n");
  EXPECT_EQ(stream.take(), "");
  EXPECT_EQ(outlet.changes, 1);
}

TEST(OutgoingEventStream, ClosedStreamTakesNothingMoreButKeepsWhatItHas) {
  OutgoingEventStream stream;
  EXPECT_TRUE(stream.send({"a", "", ""}));
  stream.close();

  EXPECT_FALSE(stream.is_open());
  EXPECT_FALSE(stream.send({"b", "", ""}));
  EXPECT_EQ(stream.take(), "data: a\n\n");
}

TEST(OutgoingEventStream, CallsBackOnceWhenItHasEnded) {
  OutgoingEventStream stream;
  int calls = 0;
  stream.on_closed([&calls] { ++calls; });
  stream.close();
  EXPECT_EQ(calls, 0) << "closing is not the end yet";
  stream.end();
  stream.end();
  EXPECT_EQ(calls, 1);
  stream.on_closed([&calls] { ++calls; });
  EXPECT_EQ(calls, 2) << "at once when it has already ended";
}

// DO-03
TEST(OutgoingEventStream, ReaderBeyondTheLimitIsCut) {
  OutgoingEventStream stream;
  Outlet outlet;
  stream.attach(outlet, 100);
  EXPECT_TRUE(stream.send({std::string(500, 'x'), "", ""})) << "one large event to a prompt reader";
  stream.take();
  outlet.waiting = 101;
  EXPECT_FALSE(stream.send({"y", "", ""}));

  EXPECT_TRUE(stream.has_overflowed());
  EXPECT_FALSE(stream.is_open());
  EXPECT_EQ(outlet.changes, 2) << "the outlet is told to cut";
}

TEST(OutgoingEventStream, UnattachedStreamIsBoundedToo) {
  OutgoingEventStream stream;
  const std::string megabyte(1024 * 1024, 'x');
  EXPECT_TRUE(stream.send({megabyte, "", ""}));
  EXPECT_FALSE(stream.send({"y", "", ""}));
  EXPECT_TRUE(stream.has_overflowed());
}

}  // namespace
}  // namespace gatehouse::http
