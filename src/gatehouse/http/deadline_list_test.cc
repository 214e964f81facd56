// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/deadline_list.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;

class Note final : public Timed {
 public:
  Note(std::string& log, char name) : log_(log), name_(name) {}
  void on_deadline() override {
    log_ += name_;
    if (restart_in_ != nullptr) restart_in_->start(*this, restart_at_);
  }
  void restart(DeadlineList& list, Instant at) {
    restart_in_ = &list;
    restart_at_ = at;
  }

 private:
  std::string& log_;
  char name_;
  DeadlineList* restart_in_ = nullptr;
  Instant restart_at_;
};

class DeadlineListTest : public testing::Test {
 protected:
  Instant at(int ms) const { return Instant() + milliseconds(ms); }
  std::string log_;
  DeadlineList list_{milliseconds(100)};
};

TEST_F(DeadlineListTest, ExpiresInOrderAndNotBefore) {
  Note a(log_, 'a');
  Note b(log_, 'b');
  list_.start(a, at(0));
  list_.start(b, at(10));

  list_.expire(at(99), 10);
  EXPECT_EQ(log_, "");
  list_.expire(at(100), 10);
  EXPECT_EQ(log_, "a");
  list_.expire(at(500), 10);
  EXPECT_EQ(log_, "ab");
  EXPECT_TRUE(list_.empty());
}

TEST_F(DeadlineListTest, RestartingGoesToTheEndAndToAnotherList) {
  DeadlineList other{milliseconds(5)};
  Note a(log_, 'a');
  Note b(log_, 'b');
  list_.start(a, at(0));
  list_.start(b, at(10));
  list_.start(a, at(50));
  list_.expire(at(120), 10);
  EXPECT_EQ(log_, "b");

  other.start(a, at(120));
  EXPECT_TRUE(list_.empty());
  other.expire(at(125), 10);
  EXPECT_EQ(log_, "ba");
}

TEST_F(DeadlineListTest, StoppedAndDestroyedNeverExpire) {
  Note a(log_, 'a');
  std::optional<Note> b(std::in_place, log_, 'b');
  list_.start(a, at(0));
  list_.start(*b, at(0));
  a.stop_clock();
  a.stop_clock();
  b.reset();
  list_.expire(at(1000), 10);

  EXPECT_EQ(log_, "");
  EXPECT_FALSE(a.is_timed());
}

TEST_F(DeadlineListTest, ServesAtMostSoManyAtOnce) {
  Note a(log_, 'a');
  Note b(log_, 'b');
  Note c(log_, 'c');
  list_.start(a, at(0));
  list_.start(b, at(0));
  list_.start(c, at(0));
  list_.expire(at(100), 2);
  EXPECT_EQ(log_, "ab");
  EXPECT_EQ(list_.first(), &c);
}

TEST_F(DeadlineListTest, RestartFromWithinTheCallbackWaitsAgain) {
  Note a(log_, 'a');
  a.restart(list_, at(100));
  list_.start(a, at(0));
  list_.expire(at(100), 10);
  EXPECT_EQ(log_, "a");
  EXPECT_TRUE(a.is_timed());
  a.stop_clock();
}

TEST(CoarseNow, DoesNotGoBack) {
  const Instant before = coarse_now();
  EXPECT_GE(coarse_now(), before);
}

}  // namespace
}  // namespace gatehouse::http
