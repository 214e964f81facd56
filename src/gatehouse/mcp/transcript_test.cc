// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "gatehouse/mcp/test_stage.h"

// Plays testdata/*.txt; testdata/README.md says how they are written.
namespace gatehouse::mcp {
namespace {

struct Line {
  int number;
  char side;  // '>' the client, '<' the server, '!' the stage
  std::string text;
};

std::vector<Line> read_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Line> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || std::string_view("><!").find(text[0]) == std::string_view::npos) continue;
    lines.push_back({number, text[0], text.size() > 2 ? text.substr(2) : std::string()});
  }
  return lines;
}

// Known `${name}` are replaced.
std::string expand(std::string text, const std::map<std::string, std::string>& known) {
  for (const auto& [name, value] : known) {
    const std::string hole = "${" + name + "}";
    for (std::size_t at = text.find(hole); at != std::string::npos; at = text.find(hole, at)) {
      text.replace(at, hole.size(), value);
      at += value.size();
    }
  }
  return text;
}

// `pattern` may hold holes: `${}` takes anything, `${name}` takes it and keeps it.
bool matches(std::string_view pattern, std::string_view text,
             std::map<std::string, std::string>& known) {
  const std::size_t hole = pattern.find("${");
  if (hole == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, hole))) return false;
  text.remove_prefix(hole);
  const std::size_t close = pattern.find('}', hole);
  const std::string name(pattern.substr(hole + 2, close - hole - 2));
  pattern.remove_prefix(close + 1);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    std::map<std::string, std::string> tried = known;
    if (!name.empty()) tried[name] = std::string(text.substr(0, size));
    if (!matches(pattern, text.substr(size), tried)) continue;
    known = std::move(tried);
    return true;
  }
  return false;
}

class Play {
 public:
  explicit Play(std::vector<Line> lines) : lines_(std::move(lines)) {}

  void run() {
    while (next_ < lines_.size()) {
      const Line& line = lines_[next_];
      SCOPED_TRACE("line " + std::to_string(line.number));
      if (line.side == '!') {
        direct(line.text);
        ++next_;
      } else if (line.side == '>') {
        request();
      } else {
        expect(line.text);
        ++next_;
      }
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_FALSE(body_is_open_) << "an answer's body was not looked at";
  }

 private:
  void direct(const std::string& text) {
    std::istringstream words(text);
    std::string verb;
    words >> verb;
    if (verb == "restart") return stage_.restart();
    if (verb == "shutdown") {
      stage_.engine().end_streams();
      return stage_.sse().end_streams();
    }
    if (verb == "cut-relay") {
      stage_.relay_is_cut = true;
      return;
    }
    if (verb == "let-go") {
      stage_.let_go();
      return stage_.run_ready();
    }
    long long number = 0;
    words >> number;
    if (verb == "after") return stage_.clock.advance(std::chrono::seconds(number));
    // Client hangs up stream number n, counted from 1.
    if (verb == "hang-up")
      return end_stream(*stage_.streams.at(static_cast<std::size_t>(number - 1)));
    if (verb == "stream") {
      stream_ = stage_.streams.at(static_cast<std::size_t>(number - 1));
      return collect();
    }
    if (verb == "cancelled") {
      EXPECT_EQ(stage_.cancelled, number);
      return;
    }
    FAIL() << "unknown direction " << verb;
  }

  void request() {
    TestRequest request = read_request();
    response_ = stage_.send(request);
    stream_ = response_.stream;
    seen_ = stage_.streams.size();
    body_is_open_ = !stream_ && !response_.body.empty();
    events_.clear();
    collect();
  }

  void collect() {
    if (!stream_) return;
    stage_.run_ready();
    for (std::string& event : events_of(*stream_)) events_.push_back(std::move(event));
  }

  // `POST [TARGET] [at REPLICA] [as NAME]`, headers, `-Name` to leave out a usual one, then the
  // body after an empty line.
  TestRequest read_request() {
    std::istringstream first(expand(lines_[next_++].text, known_));
    std::string method;
    first >> method;
    TestRequest request = Stage::post("");
    for (std::string word; first >> word;) {
      if (word == "as") {
        first >> request.caller;
      } else if (word == "at") {
        first >> request.replica;
        --request.replica;
      } else {
        request.target = word;
      }
    }
    if (method == "GET") request.method = http::Method::get;
    if (method == "DELETE") request.method = http::Method::del;
    if (method == "HEAD") request.method = http::Method::head;
    bool in_body = false;
    for (; next_ < lines_.size() && lines_[next_].side == '>'; ++next_) {
      const std::string text = expand(lines_[next_].text, known_);
      if (in_body) {
        request.body += text;
      } else if (text.empty()) {
        in_body = true;
      } else {
        set_header(request, text);
      }
    }
    return request;
  }

  void set_header(TestRequest& request, const std::string& text) {
    const bool add = text[0] == '+';
    const bool remove = text[0] == '-';
    const std::size_t colon = text.find(": ");
    const std::string name =
        text.substr(add || remove ? 1 : 0, remove ? text.size() : colon - (add ? 1 : 0));
    if (!add) std::erase_if(request.headers, [&](const http::Header& h) { return h.name == name; });
    if (!remove) request.headers.push_back({name, text.substr(colon + 2)});
  }

  // A status, `Name: value`, `-Name`, `event JSON`, `open`, `closed`, `nothing`, or the body.
  void expect(const std::string& raw) {
    const std::string text = expand(raw, known_);
    if (text.size() == 3 && std::all_of(text.begin(), text.end(), ::isdigit)) {
      EXPECT_EQ(std::to_string(response_.status), text) << response_.body;
    } else if (text.starts_with("event ")) {
      expect_event(text.substr(6));
    } else if (text == "open" || text == "closed") {
      ASSERT_TRUE(stream_);
      EXPECT_TRUE(events_.empty()) << events_.front();
      EXPECT_EQ(stream_->is_open(), text == "open");
    } else if (text == "nothing") {
      EXPECT_FALSE(stream_);
      EXPECT_EQ(response_.body, "");
    } else if (text.starts_with("{") || text.starts_with("[")) {
      body_is_open_ = false;
      EXPECT_TRUE(matches(text, response_.body, known_))
          << "expected " << text << "\n     got " << response_.body;
    } else if (text.starts_with("-")) {
      EXPECT_EQ(header_of(response_, text.substr(1)), "");
    } else {
      expect_header(text);
    }
  }

  void expect_header(const std::string& text) {
    const std::size_t colon = text.find(": ");
    ASSERT_NE(colon, std::string::npos) << text;
    const std::string value = header_of(response_, text.substr(0, colon));
    EXPECT_TRUE(matches(text.substr(colon + 2), value, known_)) << text << "\n     got " << value;
  }

  void expect_event(const std::string& pattern) {
    collect();
    ASSERT_TRUE(stream_) << "no stream, but " << response_.body;
    ASSERT_FALSE(events_.empty()) << "no more events, expected " << pattern;
    EXPECT_TRUE(matches(pattern, events_.front(), known_))
        << "expected " << pattern << "\n     got " << events_.front();
    events_.erase(events_.begin());
  }

  static EngineOptions quick() {
    EngineOptions options;
    options.json_patience = std::chrono::milliseconds(20);
    return options;
  }

  std::vector<Line> lines_;
  std::size_t next_ = 0;
  Stage stage_{quick()};
  std::map<std::string, std::string> known_;
  http::Response response_;
  std::shared_ptr<http::EventStream> stream_;
  std::vector<std::string> events_;
  std::size_t seen_ = 0;
  bool body_is_open_ = false;
};

std::vector<std::filesystem::path> transcripts() {
  const char* source = std::getenv("GATEHOUSE_SOURCE_DIR");
  std::filesystem::path folder = source != nullptr ? source : ".";
  folder /= "src/gatehouse/mcp/testdata";
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::exists(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Transcripts, Hold) {
  const std::vector<std::filesystem::path> paths = transcripts();
  ASSERT_GE(paths.size(), 10u) << "run from the repository root, or set GATEHOUSE_SOURCE_DIR";

  for (const std::filesystem::path& path : paths) {
    SCOPED_TRACE(path.filename().string());
    Play(read_lines(path)).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace gatehouse::mcp
