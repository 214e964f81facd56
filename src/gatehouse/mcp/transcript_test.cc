// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/mcp/protocol.h"
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

// What a request of the stateless revision says about itself, with those capabilities.
std::string meta_of(const std::string& capabilities) {
  const std::string version(name_of(kModern));
  return "\"_meta\":{\"" + std::string(kMetaVersion) + "\":\"" + version + "\",\"" +
         std::string(kMetaCapabilities) + "\":" + capabilities + "}";
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
  // `revision` fills `${revision}` in; it may be empty.
  Play(std::vector<Line> lines, const std::string& revision) : lines_(std::move(lines)) {
    stage_.emplace(quick());
    known_["_meta"] = meta_of("{}");
    if (!revision.empty()) known_["revision"] = revision;
  }

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
  void direct(const std::string& raw) {
    std::istringstream words(expand(raw, known_));
    std::string verb;
    words >> verb;
    if (verb == "options") return set_options(words);
    if (verb == "session") return open_session(words);
    if (verb == "client") return note_client(words);
    if (verb == "changed" || verb == "updated") return change(verb, words);
    if (verb == "logged" || verb == "not-logged") return look_at_log(verb == "logged", words);
    if (verb == "differ" || verb == "visible-ascii") return look_at_known(verb, words);
    if (verb == "lacks") return look_for_nothing(words);
    if (verb == "restart") return stage_->restart();
    if (verb == "shutdown") {
      stage_->engine().end_streams();
      return stage_->sse().end_streams();
    }
    if (verb == "cut-relay") {
      stage_->relay_is_cut = true;
      return;
    }
    if (verb == "let-go") {
      stage_->let_go();
      return stage_->run_ready();
    }
    long long number = 0;
    words >> number;
    direct(verb, number);
  }

  void direct(const std::string& verb, long long number) {
    if (verb == "after") return stage_->clock.advance(std::chrono::seconds(number));
    if (verb == "waiting") {
      EXPECT_EQ(stage_->waiting(), static_cast<std::size_t>(number));
    } else if (verb == "cancelled") {
      EXPECT_EQ(stage_->cancelled(), number);
    } else if (verb == "hang-up") {
      end_stream(*stage_->streams.at(static_cast<std::size_t>(number - 1)));
    } else if (verb == "stream") {
      EXPECT_TRUE(events_.empty()) << "not looked at: " << events_.front();
      stream_ = stage_->streams.at(static_cast<std::size_t>(number - 1));
      collect();
    } else {
      FAIL() << "unknown direction " << verb;
    }
  }

  void set_options(std::istream& words) {
    EngineOptions options = quick();
    auto extent = Stage::Extent::tools;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos) {
        set_limit(options, word.substr(0, equals), std::stoi(word.substr(equals + 1)));
      } else if (word == "everything") {
        extent = Stage::Extent::everything;
      } else if (word == "nothing") {
        extent = Stage::Extent::nothing;
      } else {
        set_ability(options, word);
      }
    }
    stage_.emplace(options, extent);
  }

  static void set_ability(EngineOptions& options, const std::string& name) {
    if (name == "announces") {
      options.announces_changes = true;
    } else if (name == "watches") {
      options.watches_resources = true;
    } else if (name == "logs") {
      options.logs = true;
    } else if (name == "resumes") {
      options.resumes_answers = true;
    } else if (name == "judges") {
      options.judge_scope = &stage_verdict;
    } else {
      FAIL() << "unknown option " << name;
    }
  }

  // Times in seconds.
  static void set_limit(EngineOptions& options, const std::string& name, int value) {
    const auto size = static_cast<std::size_t>(value);
    const std::chrono::seconds time(value);
    if (name == "page_size") {
      options.page_size = size;
    } else if (name == "batch_max") {
      options.batch_max = size;
    } else if (name == "calls") {
      options.calls_per_caller_max = size;
    } else if (name == "streams") {
      options.streams_per_caller_max = size;
    } else if (name == "call_limit") {
      options.call_limit = time;
    } else if (name == "input_limit") {
      options.input_limit = time;
    } else if (name == "task_lifetime") {
      options.task_lifetime = time;
    } else if (name == "task_patience") {
      options.task_patience = time;
    } else {
      FAIL() << "unknown option " << name;
    }
  }

  // `NAME REVISION [CAPABILITIES] [as CALLER]`: what every session begins with.
  void open_session(std::istream& words) {
    std::string name;
    std::string revision;
    std::string capabilities = "{}";
    TestRequest hello = Stage::post("");
    words >> name >> revision;
    for (std::string word; words >> word;) {
      if (word == "as") {
        words >> hello.caller;
      } else {
        capabilities = word;
      }
    }
    hello.body =
        R"({"jsonrpc":"2.0","id":"open","method":"initialize","params":{"protocolVersion":")" +
        revision + R"(","capabilities":)" + capabilities +
        R"(,"clientInfo":{"name":"transcript","version":"1"}}})";
    const http::Response answer = stage_->send(hello);
    EXPECT_NE(answer.body.find("\"protocolVersion\":\"" + revision + "\""), std::string::npos)
        << answer.body;
    known_[name] = header_of(answer, kSessionHeader);
    EXPECT_NE(known_[name], "");
  }

  // `NAME CAPABILITIES`
  void note_client(std::istream& words) {
    std::string name;
    std::string capabilities;
    words >> name >> capabilities;
    known_[name] = meta_of(capabilities);
  }

  // `changed LIST`, `updated URI`
  void change(const std::string& verb, std::istream& words) {
    std::string what;
    words >> what;
    Change change;
    if (verb == "updated") {
      change = {Change::Kind::resource, what};
    } else if (what == "prompts") {
      change.kind = Change::Kind::prompts;
    } else if (what == "resources") {
      change.kind = Change::Kind::resources;
    } else {
      ASSERT_EQ(what, "tools");
    }
    stage_->change(change);
  }

  void look_at_log(bool expected, std::istream& words) {
    std::string text;
    std::getline(words >> std::ws, text);
    EXPECT_EQ(stage_->log.text().find(text) != std::string::npos, expected) << stage_->log.text();
  }

  // `differ NAME NAME`, `visible-ascii NAME`
  void look_at_known(const std::string& verb, std::istream& words) {
    std::string name;
    std::string other;
    words >> name >> other;
    const std::string& value = known_.at(name);
    if (verb == "differ") {
      EXPECT_NE(value, known_.at(other));
    } else {
      const auto visible = [](char c) { return c >= 0x21 && c <= 0x7e; };
      EXPECT_TRUE(!value.empty() && std::all_of(value.begin(), value.end(), visible)) << value;
    }
  }

  // `lacks TEXT`: the last answer does not hold it.
  void look_for_nothing(std::istream& words) {
    std::string text;
    std::getline(words >> std::ws, text);
    ASSERT_NE(response_.body, "");
    EXPECT_EQ(response_.body.find(text), std::string::npos) << response_.body;
  }

  void request() {
    EXPECT_FALSE(body_is_open_) << "the answer before was not looked at: " << response_.body;
    EXPECT_TRUE(events_.empty()) << "not looked at: " << events_.front();
    const TestRequest request = read_request();
    response_ = stage_->send(request);
    stream_ = response_.stream;
    body_is_open_ = response_.body.starts_with('{') || response_.body.starts_with('[');
    events_.clear();
    collect();
  }

  void collect() {
    if (!stream_) return;
    stage_->run_ready();
    for (std::string& event : events_of(*stream_)) events_.push_back(std::move(event));
  }

  // `POST [TARGET] [at REPLICA] [as NAME] [in SESSION]`, headers, `-Name` to leave out a usual one,
  // then the body after an empty line.
  TestRequest read_request() {
    TestRequest request = Stage::post("");
    const std::string method = read_first_line(request);
    std::vector<std::string> headers;
    bool in_body = false;
    for (; next_ < lines_.size() && lines_[next_].side == '>'; ++next_) {
      const std::string text = expand(lines_[next_].text, known_);
      if (in_body) {
        request.body += text;
      } else if (text.empty()) {
        in_body = true;
      } else {
        headers.push_back(text);
      }
    }
    if (method == "MODERN") add_modern_headers(request);
    for (const std::string& header : headers) set_header(request, header);
    return request;
  }

  std::string read_first_line(TestRequest& request) {
    std::istringstream first(expand(lines_[next_++].text, known_));
    std::string method;
    first >> method;
    for (std::string word; first >> word;) {
      if (word == "as") {
        first >> request.caller;
      } else if (word == "at") {
        first >> request.replica;
        --request.replica;
      } else if (word == "in") {
        first >> word;
        request.headers.push_back({std::string(kSessionHeader), known_.at(word)});
      } else {
        request.target = word;
      }
    }
    if (method == "GET") request.method = http::Method::get;
    if (method == "DELETE") request.method = http::Method::del;
    if (method == "HEAD") request.method = http::Method::head;
    return method;
  }

  // What a good client of the stateless revision sends beside this body.
  static void add_modern_headers(TestRequest& request) {
    request.headers.push_back({std::string(kVersionHeader), std::string(name_of(kModern))});
    const auto document = base::JsonDocument::parse(request.body);
    ASSERT_TRUE(document) << request.body;
    const std::string method(document->root().find_string("method").value_or(""));
    request.headers.push_back({std::string(kMethodHeader), method});
    const auto params = document->root().find("params");
    const char* member = method == "resources/read"     ? "uri"
                         : method.starts_with("tasks/") ? "taskId"
                                                        : "name";
    const auto name = params ? params->find_string(member) : std::nullopt;
    if (name) request.headers.push_back({std::string(kNameHeader), std::string(*name)});
  }

  void set_header(TestRequest& request, const std::string& text) {
    const bool add = text[0] == '+';
    const bool remove = text[0] == '-';
    const std::size_t colon = text.find(": ");
    const std::string name =
        text.substr(add || remove ? 1 : 0, remove ? text.size() : colon - (add ? 1 : 0));
    if (!add) {
      std::erase_if(request.headers, [&](const http::Header& header) {
        return base::equal_ignoring_case(header.name, name);
      });
    }
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
  std::optional<Stage> stage_;
  std::map<std::string, std::string> known_;
  http::Response response_;
  std::shared_ptr<http::EventStream> stream_;
  std::vector<std::string> events_;
  bool body_is_open_ = false;
};

// A transcript, and the revision it is played for when it names several.
struct Performance {
  std::filesystem::path path;
  std::string revision;
};

void PrintTo(const Performance& performance, std::ostream* out) {
  *out << performance.path.filename() << " " << performance.revision;
}

// The words after `for: `, on a line before the first request.
std::vector<std::string> revisions_of(const std::filesystem::path& path) {
  constexpr std::string_view kFor = "for: ";
  std::ifstream file(path);
  for (std::string line; std::getline(file, line) && !line.starts_with(">");) {
    if (!line.starts_with(kFor)) continue;
    std::istringstream words(line.substr(kFor.size()));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {""};
}

std::vector<Performance> performances() {
  const char* source = std::getenv("GATEHOUSE_SOURCE_DIR");
  std::filesystem::path folder = source != nullptr ? source : ".";
  folder /= "src/gatehouse/mcp/testdata";
  std::vector<Performance> found;
  if (!std::filesystem::exists(folder)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    for (const std::string& revision : revisions_of(entry.path()))
      found.push_back({entry.path(), revision});
  }
  std::sort(found.begin(), found.end(), [](const Performance& a, const Performance& b) {
    return std::pair(a.path, a.revision) < std::pair(b.path, b.revision);
  });
  return found;
}

std::string name_of_performance(const ::testing::TestParamInfo<Performance>& info) {
  std::string name = info.param.path.stem().string();
  if (!info.param.revision.empty()) name += "_for_" + info.param.revision;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Transcript : public ::testing::TestWithParam<Performance> {};

TEST_P(Transcript, Holds) {
  SCOPED_TRACE(GetParam().path.string());
  Play(read_lines(GetParam().path), GetParam().revision).run();
}

INSTANTIATE_TEST_SUITE_P(Mcp, Transcript, ::testing::ValuesIn(performances()), name_of_performance);

TEST(Transcripts, AreFound) {
  EXPECT_GE(performances().size(), 10u)
      << "run from the repository root, or set GATEHOUSE_SOURCE_DIR";
}

}  // namespace
}  // namespace gatehouse::mcp
