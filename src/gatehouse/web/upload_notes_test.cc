// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/upload_notes.h"

#include <gtest/gtest.h>

#include "gatehouse/oauth/server_bench.h"

namespace gatehouse::web {
namespace {

using namespace std::chrono_literals;
using oauth::run;

class UploadNotesTest : public testing::Test {
 protected:
  UploadNotesTest() {
    note.subject = base::UserId("sub-1");
    note.link_ends = bench.clock.now() + 15min;
    file.draft_id = "r-1";
    file.message_id = "18d1";
    file.part_id = "1";
    file.name = "a.pdf";
    file.size = 25'000'000;
    file.sha256 = "ab";
  }

  oauth::ServerBench bench;
  UploadNotes notes{bench.records, bench.clock};
  UploadNote note;
  StoredUpload file;
  const std::string handle = upload_handle_for("a ticket");
};

TEST_F(UploadNotesTest, SaysWhatHasBecomeOfAnUpload) {
  ASSERT_TRUE(run(notes.begin(handle, note)));
  const auto awaited = run(notes.find(handle));
  ASSERT_TRUE(awaited);
  EXPECT_EQ(awaited->subject.str(), "sub-1");
  EXPECT_EQ(awaited->link_ends, note.link_ends);
  EXPECT_FALSE(awaited->file);

  ASSERT_TRUE(run(notes.finish(handle, file)));
  const auto here = run(notes.find(handle));
  ASSERT_TRUE(here && here->file);
  EXPECT_EQ(here->subject.str(), "sub-1");
  EXPECT_EQ(here->file->draft_id, "r-1");
  EXPECT_EQ(here->file->message_id, "18d1");
  EXPECT_EQ(here->file->part_id, "1");
  EXPECT_EQ(here->file->size, 25'000'000u);
  EXPECT_EQ(here->file->sha256, "ab");
}

TEST_F(UploadNotesTest, KnowsNoOtherHandles) {
  ASSERT_TRUE(run(notes.begin(handle, note)));
  for (const std::string& other :
       {std::string(), std::string("file:"), handle + "A", handle.substr(5),
        "File" + handle.substr(4), upload_handle_for("another ticket"),
        "file:" + std::string(32, '!')}) {
    const auto found = run(notes.find(other));
    ASSERT_FALSE(found) << other;
    EXPECT_EQ(found.error().code, vault::Refused::unknown) << other;
  }
  EXPECT_FALSE(run(notes.finish(upload_handle_for("another ticket"), file)));
}

TEST_F(UploadNotesTest, LastsADay) {
  ASSERT_TRUE(run(notes.begin(handle, note)));
  bench.clock.advance(24h + 1s);
  EXPECT_FALSE(run(notes.find(handle)));
}

TEST_F(UploadNotesTest, HandlesSayNothingOfTheirTickets) {
  EXPECT_EQ(handle, upload_handle_for("a ticket"));
  EXPECT_NE(handle, upload_handle_for("b ticket"));
  EXPECT_EQ(handle.size(), 37u);
  ASSERT_TRUE(run(notes.begin(handle, note)));
  for (const std::string& key : bench.keys())
    EXPECT_EQ(key.find(handle.substr(5, 8)), std::string::npos)
        << "nor do records of their handles";
}

}  // namespace
}  // namespace gatehouse::web
