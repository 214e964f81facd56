// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "gatehouse/http/event_stream.h"
#include "gatehouse/http/router.h"

namespace gatehouse::http {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
constexpr bool kSanitizerNeedsDescriptors = true;
#else
constexpr bool kSanitizerNeedsDescriptors = false;
#endif
#else
constexpr bool kSanitizerNeedsDescriptors = false;
#endif

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

// A plain blocking socket. Every read gives up after ten seconds, which only a failing test sees.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void shutdown_send() { ::shutdown(socket_, SHUT_WR); }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  // More bytes; false at the end of the stream.
  bool receive() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  // Everything up to and with `mark`.
  std::string read_until(std::string_view mark) {
    std::size_t at = std::string::npos;
    while ((at = pending_.find(mark)) == std::string::npos) {
      if (!receive()) return std::exchange(pending_, std::string()) + "<end>";
    }
    return take(at + mark.size());
  }

  std::string read_exactly(std::size_t size) {
    while (pending_.size() < size && receive()) {
    }
    return take(std::min(size, pending_.size()));
  }

  std::string read_to_end() {
    while (receive()) {
    }
    return std::exchange(pending_, std::string());
  }

  // Whether anything comes, or the stream ends, within that time.
  bool has_news_within(milliseconds time) const {
    pollfd socket{socket_, POLLIN, 0};
    return ::poll(&socket, 1, static_cast<int>(time.count())) > 0;
  }

  // One response with Content-Length.
  std::string read_response() {
    std::string response = read_until("\r\n\r\n");
    const std::size_t at = response.find("Content-Length: ");
    if (at != std::string::npos) response += read_exactly(std::stoul(response.substr(at + 16)));
    return response;
  }

  // True when the server has closed and nothing came before.
  bool at_end() { return pending_.empty() && !receive(); }

 private:
  std::string take(std::size_t size) {
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
  }

  int socket_;
  bool connected_ = false;
  std::string pending_;
};

std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// What the handlers under test share with the test. Lives on the loop's thread except for the
// atomics.
struct Stage {
  explicit Stage(boost::asio::io_context& loop)
      : gate(loop.get_executor(), Timer::time_point::max()) {}
  Timer gate;  // handlers of /wait stand here until it is cancelled
  std::shared_ptr<EventStream> stream;
  std::atomic<int> handled = 0;
  std::atomic<int> waiting = 0;
  std::atomic<int> closed_streams = 0;
};

base::Coroutine<Response> hello(Stage& stage, const Request& request) {
  ++stage.handled;
  co_return text_response(200, "hello " + std::string(request.query));
}

base::Coroutine<Response> echo(Stage& stage, const Request& request) {
  ++stage.handled;
  co_return text_response(200, std::string(request.body));
}

base::Coroutine<Response> peer(Stage&, const Request& request) {
  co_return text_response(200, std::string(request.peer));
}

base::Coroutine<Response> nothing(Stage&, const Request&) { co_return empty_response(204); }

base::Coroutine<Response> bye(Stage& stage, const Request&) {
  ++stage.handled;
  Response response = text_response(200, "bye");
  response.close = true;
  co_return response;
}

base::Coroutine<Response> wait(Stage& stage, const Request& request) {
  ++stage.handled;
  ++stage.waiting;
  constexpr auto kToken = boost::asio::as_tuple(boost::asio::use_awaitable_t<base::Executor>());
  auto woken = co_await stage.gate.async_wait(kToken);
  (void)woken;
  --stage.waiting;
  co_return text_response(
      200, "waited for " + std::string(request.query));  // the request is still there
}

base::Coroutine<Response> fail(Stage&, const Request& request) {
  static base::SeededRandom random(3);
  const std::string_view parent = request.header("traceparent").value_or(std::string_view());
  request.trace = telemetry::RequestTrace(parent, random);
  if (request.query == "number") throw 7;
  throw std::runtime_error("the reason");
  co_return Response();
}

base::Coroutine<Response> fail_at_once(Stage&, const Request&) {
  throw std::runtime_error("no coroutine yet");
}

base::Coroutine<Response> large(Stage&, const Request& request) {
  co_return text_response(200, std::string(std::stoul(std::string(request.query)), 'L'));
}

base::Coroutine<Response> stream(Stage& stage, const Request&) {
  Response response = empty_response(200);
  response.headers.push_back({"X-Kept", "yes"});
  response.stream = EventStream::create();
  response.stream->send({"early", "", ""});
  response.stream->on_closed([&stage] { ++stage.closed_streams; });
  stage.stream = response.stream;
  co_return response;
}

base::Coroutine<Response> answering_stream(Stage& stage, const Request&) {
  Response response = empty_response(200);
  response.headers.push_back({"X-Kept", "yes"});
  response.stream = EventStream::create(StreamPurpose::answer);
  response.stream->send({"early", "", ""});
  response.stream->on_closed([&stage] { ++stage.closed_streams; });
  stage.stream = response.stream;
  co_return response;
}

base::Coroutine<Response> wait_then_stream(Stage& stage, const Request& request) {
  auto waited = co_await wait(stage, request);
  (void)waited;
  auto response = co_await stream(stage, request);
  co_return response;
}

base::Coroutine<Response> short_stream(Stage& stage, const Request&) {
  Response response = empty_response(200);
  response.stream = EventStream::create();
  response.stream->send({"only", "message", ""});
  response.stream->on_closed([&stage] { ++stage.closed_streams; });
  response.stream->close();
  co_return response;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() { add_routes(); }

  ~ServerTest() override {
    on_loop([this] { server_.reset(); });
    if (thread_.joinable()) {
      on_loop([this] {
        stage_.gate.cancel();
        stage_.stream.reset();
      });
      guard_.reset();
      thread_.join();
    }
  }

  void open(ServerLimits limits = ServerLimits()) {
    server_ = std::make_unique<Server>(
        loop_, limits, [this](const Request& request) { return router_.handle(request); }, log_);
    auto port = server_->listen("127.0.0.1:0");
    ASSERT_TRUE(port);
    port_ = *port;
  }
  void run() {
    thread_ = std::thread([this] { loop_.run(); });
  }
  void start(ServerLimits limits = ServerLimits()) {
    open(limits);
    run();
  }

  template <class F>
  auto on_loop(F&& action) -> decltype(action()) {
    if (!thread_.joinable()) return action();
    auto task = std::make_shared<std::packaged_task<decltype(action())()>>(std::forward<F>(action));
    auto result = task->get_future();
    boost::asio::post(loop_, [task] { (*task)(); });
    return result.get();
  }

  ServerStatus status() {
    return on_loop([this] { return server_->status(); });
  }

  // For what happens on the other side of the network. Gives up after ten seconds.
  template <class F>
  bool eventually(F&& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
  }

  bool send_event(std::string_view data) {
    return on_loop([this, data] { return stage_.stream->send({data, "", ""}); });
  }

  std::future<void> drain(std::chrono::seconds limit) {
    auto done = std::make_shared<std::promise<void>>();
    auto result = done->get_future();
    boost::asio::post(loop_, [this, limit, done] {
      boost::asio::co_spawn(loop_.get_executor(), server_->drain(limit),
                            [done](std::exception_ptr) { done->set_value(); });
    });
    return result;
  }

  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<base::Executor> guard_{loop_.get_executor()};
  Stage stage_{loop_};
  Router router_;
  telemetry::MemoryLog log_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;

 private:
  using Answer = base::Coroutine<Response> (*)(Stage&, const Request&);

  void add(Method method, const char* path, Answer answer) {
    router_.add({method, path, Access::open,
                 [this, answer](const Request& request) { return answer(stage_, request); }});
  }

  void add_routes() {
    add(Method::get, "/hello", hello);
    add(Method::post, "/echo", echo);
    add(Method::get, "/peer", peer);
    add(Method::get, "/nothing", nothing);
    add(Method::get, "/bye", bye);
    add(Method::get, "/wait", wait);
    add(Method::get, "/fail", fail);
    add(Method::get, "/fail-at-once", fail_at_once);
    add(Method::get, "/large", large);
    add(Method::get, "/stream", stream);
    add(Method::get, "/answering-stream", answering_stream);
    add(Method::get, "/wait-then-stream", wait_then_stream);
    add(Method::get, "/short-stream", short_stream);
  }
};

TEST_F(ServerTest, AnswersWithDateAndLength) {
  start();
  Client client(port_);
  client.send(get("/hello?you"));

  const std::string response = client.read_response();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(
      response,
      EndsWith(
          " GMT\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n\r\nhello you"));
}

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  start();
  Client client(port_);
  for (int i = 0; i < 20; ++i) {
    client.send(post("/echo", "body " + std::to_string(i)));
    EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nbody " + std::to_string(i)));
  }
  EXPECT_EQ(status().connections, 1U);
  EXPECT_EQ(status().requests_total, 20U);
  EXPECT_EQ(status().requests_in_flight, 0U);
}

TEST_F(ServerTest, TakesARequestByteByByte) {
  start();
  Client client(port_);
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (char c : request) client.send(std::string_view(&c, 1));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nabc"));
}

TEST_F(ServerTest, ShowsThePeerAddress) {
  start();
  Client client(port_);
  client.send(get("/peer"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n127.0.0.1"));
}

// HP-09
TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port_);
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += post("/echo", std::to_string(i)) + get("/nothing");
  client.send(requests);
  for (int i = 0; i < 300; ++i) {
    ASSERT_THAT(client.read_response(), EndsWith("\r\n\r\n" + std::to_string(i)));
    ASSERT_THAT(client.read_response(), StartsWith("HTTP/1.1 204 "));
  }
}

TEST_F(ServerTest, SlowHandlerHoldsBackTheAnswersBehindIt) {
  start();
  Client client(port_);
  client.send(get("/wait?first") + get("/hello?second"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  EXPECT_EQ(stage_.handled, 1);
  on_loop([this] { stage_.gate.cancel(); });

  EXPECT_THAT(client.read_response(), EndsWith("waited for first"));
  EXPECT_THAT(client.read_response(), EndsWith("hello second"));
}

// HP-09
TEST_F(ServerTest, NothingBehindACloseIsExecuted) {
  start();
  for (const std::string& last : {get("/bye"), get("/hello", "Connection: close\r\n"),
                                  std::string("GET /hello HTTP/1.0\r\nHost: a\r\n\r\n")}) {
    stage_.handled = 0;
    Client client(port_);
    client.send(last + get("/hello?not-me"));
    const std::string answer = client.read_to_end();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("not-me")));
    EXPECT_EQ(stage_.handled, 1);
  }
  Client client(port_);
  client.send("GET /hello HTTP/1.1\r\n\r\n" + get("/hello?not-me"));
  EXPECT_THAT(client.read_to_end(), Not(HasSubstr("not-me")));
}

TEST_F(ServerTest, HeadHasTheLengthButNoBody) {
  start();
  Client client(port_);
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200"));
}

// HP-01 to HP-13: the parser's table has the cases; here they are seen to close the connection.
TEST_F(ServerTest, RefusalAnswersAndCloses) {
  start();
  struct Case {
    std::string bytes;
    std::string status;
  };
  const Case cases[] = {
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"GET /hello HTTP/1.1\nHost: a\n\n", "400"},
      {"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
      {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", "431"},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 3\r\n\r\n", "417"},
      {"TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.bytes.substr(0, 40));
    Client client(port_);
    client.send(c.bytes);
    const std::string answer = client.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + c.status + " "));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  }
  EXPECT_EQ(stage_.handled, 0);
  EXPECT_EQ(status().refused_total, 8U);
}

// HP-12
TEST_F(ServerTest, OversizedBodyIsRefusedWhileItIsStillComing) {
  ServerLimits limits;
  limits.body_bytes_max = 1000;
  start(limits);
  Client by_length(port_);
  by_length.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" +
                 std::string(100'000, 'x'));
  EXPECT_THAT(by_length.read_to_end(), StartsWith("HTTP/1.1 413 "));

  Client by_chunks(port_);
  by_chunks.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) by_chunks.send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_THAT(by_chunks.read_to_end(), StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(stage_.handled, 0);
}

TEST_F(ServerTest, LargeBodiesPassBothWays) {
  start();
  Client client(port_);
  const std::string body(3 * 1024 * 1024, 'b');
  client.send(post("/echo", body));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\n" + body));
  client.send(get("/large?20000000"));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n" + std::string(20'000'000, 'L')));
  client.send(get("/hello?after"));
  EXPECT_THAT(client.read_response(), EndsWith("hello after"));
}

// DO-12
TEST_F(ServerTest, RequestBuffersAreBoundedTogether) {
  ServerLimits limits;
  limits.buffers_bytes_max = 300'000;
  start(limits);
  Client first(port_);
  first.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" +
             std::string(150'000, 'x'));
  ASSERT_TRUE(eventually([this] { return status().connections == 1; }));
  Client second(port_);
  second.send(post("/echo", std::string(200'000, 'y')));
  EXPECT_THAT(second.read_to_end(), StartsWith("HTTP/1.1 503 "));

  first.send(std::string(50'000, 'x'));
  EXPECT_THAT(first.read_response(), EndsWith("xxx"));
  Client third(port_);
  third.send(post("/echo", std::string(100'000, 'z')));
  EXPECT_THAT(third.read_response(), EndsWith("zzz")) << "the room is free again";
}

ServerLimits with_large_bodies() {
  ServerLimits limits;
  limits.large_body_path = "/echo";
  limits.large_body_bytes_max = 6'000'000;
  limits.large_bodies_bytes_max = 7'000'000;
  limits.too_large_text = "The file is too large.\n";
  return limits;
}

TEST_F(ServerTest, LargerBodiesAreBoundedTogetherAndRefusedInWords) {
  start(with_large_bodies());
  Client first(port_);
  first.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6000000\r\n\r\n" +
             std::string(5'000'000, 'x'));
  ASSERT_TRUE(eventually([this] { return status().connections == 1; }));
  Client second(port_);
  second.send(post("/echo", std::string(5'900'000, 'y')));
  EXPECT_THAT(second.read_to_end(), StartsWith("HTTP/1.1 503 "));
  Client others(port_);
  others.send(get("/hello?there"));
  EXPECT_THAT(others.read_response(), EndsWith("hello there")) << "they keep nobody else out";

  first.send(std::string(1'000'000, 'x'));
  EXPECT_TRUE(first.read_response().ends_with("\r\n\r\n" + std::string(6'000'000, 'x')));
  Client third(port_);
  third.send(post("/echo", std::string(5'900'000, 'z')));
  EXPECT_THAT(third.read_response(), EndsWith("zzz")) << "the room is free again";

  Client fourth(port_);
  fourth.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6000001\r\n\r\n");
  EXPECT_THAT(fourth.read_to_end(),
              AllOf(StartsWith("HTTP/1.1 413 "), EndsWith("\r\n\r\nThe file is too large.\n")));
}

// Of two bodies the first is large and goes on coming, the second began later and does not: whether
// the first arrives whole although the second has run out of time.
bool outlasts_one_that_began_later(std::uint16_t port, milliseconds deadline) {
  constexpr std::size_t kPiece = 1'100'000;
  constexpr std::size_t kPieces = 16;
  Client large(port);
  large.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " +
             std::to_string(kPiece * kPieces) + "\r\n\r\n");
  if (!large.read_until("\r\n\r\n").starts_with("HTTP/1.1 100 ")) return false;
  Client late(port);
  late.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  std::size_t left = kPieces;
  while (left > 0 && !late.has_news_within(deadline / 8)) {
    if (!large.send(std::string(kPiece, 'x'))) return false;
    --left;
  }
  if (!late.read_to_end().starts_with("HTTP/1.1 408 ")) return false;
  if (!large.send(std::string(kPiece * left, 'x'))) return false;
  const std::string response = large.read_response();
  return response.starts_with("HTTP/1.1 200 ") && response.size() > kPiece * kPieces;
}

// A machine that stands still for a whole deadline lets the large body run out of time as well, so
// there are tries with more of it.
TEST_F(ServerTest, ALargeBodyMayTakeItsTimeWhileItComes) {
  ServerLimits limits = with_large_bodies();
  limits.large_body_bytes_max = limits.large_bodies_bytes_max = 20'000'000;
  run();
  bool arrives_whole = false;
  for (const milliseconds deadline :
       {milliseconds(500), milliseconds(4'000), milliseconds(16'000)}) {
    limits.body_deadline = deadline;
    on_loop([this, &limits] { open(limits); });
    arrives_whole = outlasts_one_that_began_later(port_, deadline);
    if (arrives_whole) break;
  }
  EXPECT_TRUE(arrives_whole);
}

constexpr std::string_view kLargeHead =
    "POST /echo?KEY HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n";

std::string large_head(std::string_view key, std::string_view fields = "") {
  std::string head(kLargeHead);
  head.replace(head.find("KEY"), 3, key);
  return head + std::string(fields) + "\r\n";
}

// Lets bodies come whose query says "good"; "slow" waits at the gate first, "broken" throws.
class JudgedBodies : public ServerTest {
 protected:
  void start_judged() {
    open(with_large_bodies());
    server_->set_large_body_judge([this](const Request& request) { return judge(request); });
    run();
  }

  std::atomic<int> judged_ = 0;
  std::atomic<std::size_t> seen_of_bodies_ = 0;

 private:
  base::Coroutine<Response> judge(const Request& request) {
    ++judged_;
    seen_of_bodies_ += request.body.size();
    const std::string query(request.query);
    if (query == "broken") throw std::runtime_error("the reason");
    if (query == "slow") {
      auto waited = co_await wait(stage_, request);
      (void)waited;
    }
    if (query == "good" || query == "slow") co_return empty_response(100);
    co_return text_response(404, "No such ticket: " + query + "\n");
  }
};

TEST_F(JudgedBodies, AreAnsweredUnreadWhenTheHeadIsNotGood) {
  start_judged();
  for (const char* fields : {"", "Expect: 100-continue\r\n"}) {
    Client client(port_);
    client.send(large_head("bad", fields));
    EXPECT_THAT(client.read_to_end(),
                AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("\r\nConnection: close\r\n"),
                      EndsWith("\r\n\r\nNo such ticket: bad\n")));
  }
  Client busy(port_);
  busy.send(large_head("bad") + std::string(200'000, 'x'));
  EXPECT_THAT(busy.read_to_end(), EndsWith("No such ticket: bad\n"))
      << "what had come is forgotten";
  EXPECT_EQ(stage_.handled, 0);
  EXPECT_EQ(seen_of_bodies_, 0u);
  EXPECT_TRUE(eventually([this] { return status().connections == 0; }));
}

TEST_F(JudgedBodies, ComeWhenItIs) {
  start_judged();
  Client client(port_);
  for (const char* key : {"good", "good", "broken"}) {
    client.send(large_head(key, "Expect: 100-continue\r\n"));
    ASSERT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(std::string(5'000'000, 'x'));
    EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n" + std::string(5'000'000, 'x')));
  }
  client.send(large_head("good") + std::string(5'000'000, 'y') + get("/hello?behind"));
  EXPECT_TRUE(client.read_response().ends_with("yyy"));
  EXPECT_THAT(client.read_response(), EndsWith("hello behind"));
  EXPECT_EQ(judged_, 4) << "each once";
  EXPECT_EQ(status().requests_total, 5u);
  EXPECT_EQ(status().requests_in_flight, 0u);
}

TEST_F(JudgedBodies, AreOnlyThoseThatMayBeLargeAndAreStillToCome) {
  start_judged();
  Client client(port_);
  client.send(post("/echo?bad", "small"));
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nsmall"));
  client.send("POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  client.send("small");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(judged_, 0);
  client.send("POST /echo?bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(judged_, 1);
}

TEST_F(JudgedBodies, WaitForTheVerdict) {
  start_judged();
  Client client(port_);
  client.send(large_head("slow") + std::string(1'000, 'x'));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  Client gone(port_);
  gone.send(large_head("slow"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 2; }));
  gone.close();
  Client others(port_);
  others.send(get("/hello?there"));
  EXPECT_THAT(others.read_response(), EndsWith("hello there"));
  on_loop([this] { stage_.gate.cancel(); });
  client.send(std::string(4'999'000, 'x'));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\n" + std::string(5'000'000, 'x')));
  EXPECT_TRUE(eventually([this] { return status().connections == 2; })) << "who had gone is gone";
}

TEST_F(JudgedBodies, EndWithTheServer) {
  start_judged();
  Client client(port_);
  client.send(large_head("slow"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  on_loop([this] { server_.reset(); });
  EXPECT_TRUE(client.at_end());
}

// DO-01
TEST_F(ServerTest, SlowHeadIsRefused) {
  ServerLimits limits;
  limits.head_deadline = milliseconds(40);
  start(limits);
  Client client(port_);
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, DrippingDoesNotProlongTheHead) {
  ServerLimits limits;
  limits.head_deadline = milliseconds(100);
  start(limits);
  Client client(port_);
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n");
  std::atomic<bool> stop = false;
  std::thread dripper([&] {
    while (!stop && client.send("X: y\r\n")) std::this_thread::sleep_for(milliseconds(10));
  });
  EXPECT_THAT(client.read_until("\r\n"), StartsWith("HTTP/1.1 408 "));
  stop = true;
  dripper.join();
}

// DO-02
TEST_F(ServerTest, SlowBodyIsRefused) {
  ServerLimits limits;
  limits.body_deadline = milliseconds(40);
  start(limits);
  Client client(port_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(stage_.handled, 0);
}

TEST_F(ServerTest, IdleConnectionIsClosedWithoutAWord) {
  ServerLimits limits;
  limits.idle_deadline = milliseconds(40);
  start(limits);
  Client silent(port_);
  EXPECT_TRUE(silent.at_end());
  Client used(port_);
  used.send(get("/hello"));
  used.read_response();
  EXPECT_TRUE(used.at_end());
  EXPECT_TRUE(eventually([this] { return status().connections == 0; }));
}

TEST_F(ServerTest, RunningHandlerHasNoIdleDeadline) {
  ServerLimits limits;
  limits.idle_deadline = limits.head_deadline = limits.body_deadline = milliseconds(10);
  start(limits);
  Client client(port_);
  client.send(get("/wait?long"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  std::this_thread::sleep_for(milliseconds(60));
  on_loop([this] { stage_.gate.cancel(); });
  EXPECT_THAT(client.read_response(), EndsWith("waited for long"));
}

// DO-03
TEST_F(ServerTest, ReaderThatTakesNothingIsCut) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(50);
  start(limits);
  Client client(port_, 4096);
  client.send(get("/large?50000000"));
  EXPECT_TRUE(
      eventually([this] { return status().requests_total == 1 && status().connections == 0; }));
  EXPECT_LT(client.read_to_end().size(), 50'000'000U);
}

TEST_F(ServerTest, ReaderThatTakesLittleAtATimeIsCut) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(100);
  start(limits);
  Client client(port_, 4096);
  client.send(get("/large?50000000"));
  const bool cut = eventually([this, &client] {
    client.receive();
    return status().requests_total == 1 && status().connections == 0;
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(status().unsent_bytes, 0U);
}

TEST_F(ServerTest, ReaderWithAPaceMayTakeItsTime) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(400);
  limits.write_bytes_min = 1;
  start(limits);
  Client client(port_, 4096);
  client.send(get("/large?8000000"));
  const std::string head = client.read_until("\r\n\r\n");
  std::size_t taken = 0;
  for (int part = 0; part < 20; ++part) {
    taken += client.read_exactly(400'000).size();
    std::this_thread::sleep_for(milliseconds(40));
  }
  EXPECT_EQ(taken, 8'000'000U);
}

// DO-03, DO-12
TEST_F(ServerTest, UnsentAnswersAreBoundedTogether) {
  ServerLimits limits;
  limits.unsent_bytes_max = 30'000'000;
  start(limits);
  Client first(port_, 4096);
  first.send(get("/large?20000000"));
  ASSERT_TRUE(eventually([this] { return status().unsent_bytes > 0; }));
  Client second(port_, 4096);
  second.send(get("/large?20000000"));
  ASSERT_TRUE(
      eventually([this] { return status().requests_total == 2 && status().connections == 1; }));
  EXPECT_LT(second.read_to_end().size(), 20'000'000U);
  EXPECT_LE(status().unsent_bytes, 30'000'000U);
  Client third(port_);
  third.send(get("/hello?small"));
  EXPECT_THAT(third.read_response(), EndsWith("hello small"));
  first.close();
  EXPECT_TRUE(eventually([this] { return status().unsent_bytes == 0; }));
}

TEST_F(ServerTest, UnsentEventsAreBoundedTogether) {
  ServerLimits limits;
  limits.unsent_bytes_max = 12'000'000;
  limits.stream_buffer_bytes_max = 100'000'000;
  start(limits);
  Client client(port_, 4096);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  const std::string data(1'000'000, 'x');
  int sent = 0;
  while (send_event(data) && sent < 100) ++sent;
  EXPECT_LT(sent, 100);
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
  EXPECT_EQ(status().unsent_bytes, 0U);
}

TEST_F(ServerTest, StreamReaderThatTakesLittleAtATimeIsCut) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(100);
  start(limits);
  Client client(port_, 4096);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  send_event(std::string(50'000'000, 'x'));
  const bool cut = eventually([this, &client] {
    client.receive();
    return stage_.closed_streams == 1;
  });
  EXPECT_TRUE(cut);
  EXPECT_EQ(status().unsent_bytes, 0U);
}

TEST_F(ServerTest, ConnectionsBeyondTheLimitAreToldSo) {
  ServerLimits limits;
  limits.connections_max = 2;
  start(limits);
  auto first = std::make_unique<Client>(port_);
  Client second(port_);
  ASSERT_TRUE(eventually([this] { return status().connections == 2; }));
  Client third(port_);
  EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 "));
  third.close();
  first.reset();
  ASSERT_TRUE(eventually([this] { return status().connections == 1; }));
  Client fourth(port_);
  fourth.send(get("/hello?again"));
  EXPECT_THAT(fourth.read_response(), EndsWith("hello again"));
}

// DO-13
TEST_F(ServerTest, RecoversWhenDescriptorsRunOut) {
  if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "UBSan opens pipes to check pointers";
  open();
  Client client(port_);  // waits in the backlog
  client.send(get("/hello?late"));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int next = dup(0);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next);
  close(next);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  run();
  EXPECT_TRUE(eventually([this] {
    return on_loop([this] { return log_.text(); }).find("accept paused") != std::string::npos;
  }));
  EXPECT_EQ(status().connections, 0U);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(client.read_response(), EndsWith("hello late"));
}

TEST_F(ServerTest, ContinueIsSentToWhoWaitsForIt) {
  start();
  Client client(port_);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_response(), EndsWith("\r\n\r\nabc"));

  Client too_large(port_);
  too_large.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_THAT(too_large.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, ExceptionBecomesABland500AndOneLogLine) {
  start();
  Client client(port_);
  for (const char* path : {"/fail", "/fail?number", "/fail-at-once"}) {
    client.send(get(path));
    const std::string answer = client.read_response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nInternal error\n"));
  }
  client.send(get("/hello"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
  const std::string log = on_loop([this] { return log_.text(); });
  EXPECT_THAT(log, HasSubstr("the reason"));
  EXPECT_THAT(log, HasSubstr("/fail"));
  EXPECT_THAT(log, Not(HasSubstr("?number"))) << "the route, never the target";
}

TEST_F(ServerTest, ExceptionIsFoundByTheNameOfItsRequestAndOfNoOther) {
  start();
  Client client(port_);
  const std::string theirs = "4bf92f3577b34da6a3ce929d0e0e4736";
  client.send("GET /fail HTTP/1.1\r\nHost: x\r\ntraceparent: 00-" + theirs +
              "-00f067aa0ba902b7-01\r\n\r\n");
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(on_loop([this] { return log_.text(); }), HasSubstr(R"("trace_id":")" + theirs));
  client.send(get("/fail-at-once"));
  EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 500 "));
  const std::string log = on_loop([this] { return log_.text(); });
  EXPECT_EQ(log.find(theirs), log.rfind(theirs)) << "the connection's next one has no name yet";
}

TEST_F(ServerTest, HandlerOutlivesItsClient) {
  start();
  auto client = std::make_unique<Client>(port_);
  client->send(get("/wait?gone"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  client.reset();
  EXPECT_EQ(status().requests_in_flight, 1U);
  on_loop([this] { stage_.gate.cancel(); });
  EXPECT_TRUE(
      eventually([this] { return status().requests_in_flight == 0 && status().connections == 0; }));
}

TEST_F(ServerTest, HalfClosedClientStillGetsItsAnswer) {
  start();
  Client client(port_);
  client.send(get("/hello?half"));
  client.shutdown_send();
  EXPECT_THAT(client.read_to_end(), EndsWith("hello half"));
}

// SE-15
TEST_F(ServerTest, StreamStartsAtOnceAndCarriesEvents) {
  start();
  Client client(port_);
  client.send(get("/stream"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  for (const char* field :
       {"Content-Type: text/event-stream\r\n", "Cache-Control: no-cache, no-transform\r\n",
        "X-Accel-Buffering: no\r\n", "Transfer-Encoding: chunked\r\n", "X-Kept: yes\r\n"}) {
    EXPECT_THAT(head, HasSubstr(field));
  }
  EXPECT_EQ(client.read_exactly(22), "10\r\n:\n\ndata: early\n\n\r\n");
  EXPECT_TRUE(send_event("later"));
  EXPECT_EQ(client.read_exactly(18), "d\r\ndata: later\n\n\r\n");
  EXPECT_EQ(status().streams, 1U);
  EXPECT_EQ(status().requests_in_flight, 0U);
}

TEST_F(ServerTest, EventsOfOneTurnLeaveTogether) {
  start();
  Client client(port_);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  on_loop([this] {
    stage_.stream->send({"a", "", ""});
    stage_.stream->send({"b", "", ""});
    stage_.stream->close();
  });
  EXPECT_EQ(client.read_to_end(), "12\r\ndata: a\n\ndata: b\n\n\r\n0\r\n\r\n");
}

TEST_F(ServerTest, ClosedStreamEndsProperly) {
  start();
  Client client(port_);
  client.send(get("/short-stream"));
  EXPECT_THAT(client.read_to_end(),
              EndsWith("\r\n\r\n1e\r\n:\n\nevent: message\ndata: only\n\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
  client.close();
  EXPECT_TRUE(eventually([this] { return status().connections == 0; }));
  EXPECT_EQ(status().streams, 0U);
}

TEST_F(ServerTest, StreamForAnHttp10ClientIsNotChunked) {
  start();
  Client client(port_);
  client.send("GET /short-stream HTTP/1.0\r\nHost: a\r\n\r\n");
  const std::string answer = client.read_to_end();
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n:\n\nevent: message\ndata: only\n\n"));
}

TEST_F(ServerTest, HeadOfAStreamEndsTheStream) {
  start();
  Client client(port_);
  client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
  EXPECT_FALSE(send_event("x"));
}

// SE-15
TEST_F(ServerTest, QuietStreamGetsComments) {
  ServerLimits limits;
  limits.stream_comment_interval = milliseconds(20);
  start(limits);
  Client client(port_);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read_exactly(8), "3\r\n:\n\n\r\n");
}

TEST_F(ServerTest, StreamNoticesPromptlyThatItsClientIsGone) {
  start();
  auto client = std::make_unique<Client>(port_);
  client->send(get("/stream"));
  client->read_until("early\n\n\r\n");
  client.reset();
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
  EXPECT_FALSE(send_event("x"));
  EXPECT_EQ(status().streams, 0U);
  EXPECT_EQ(status().connections, 0U);
}

TEST_F(ServerTest, StreamWhoseClientLeftBeforeItBeganIsClosed) {
  start();
  auto client = std::make_unique<Client>(port_);
  client->send(get("/wait-then-stream"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  client.reset();
  on_loop([this] { stage_.gate.cancel(); });
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
}

TEST_F(ServerTest, BytesOnAStreamAreNotARequest) {
  start();
  Client client(port_);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  client.send(get("/hello"));
  EXPECT_TRUE(send_event("still here"));
  EXPECT_THAT(client.read_until("\n\n\r\n"), EndsWith("data: still here\n\n\r\n"));
  EXPECT_EQ(stage_.handled, 0);

  const std::string flood(1024 * 1024, 'x');
  client.send(flood);
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
}

// DO-03
TEST_F(ServerTest, StreamReaderBeyondTheBufferIsCut) {
  ServerLimits limits;
  limits.stream_buffer_bytes_max = 100'000;
  start(limits);
  Client client(port_, 4096);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  const std::string data(50'000, 'x');
  int sent = 0;
  while (send_event(data) && sent < 10'000) ++sent;
  EXPECT_LT(sent, 10'000);
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
  EXPECT_EQ(status().streams, 0U);
}

TEST_F(ServerTest, StreamReaderThatTakesNothingIsCut) {
  ServerLimits limits;
  limits.write_deadline = milliseconds(50);
  start(limits);
  Client client(port_, 4096);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  send_event(std::string(20'000'000, 'x'));
  EXPECT_TRUE(eventually([this] { return stage_.closed_streams == 1; }));
}

TEST_F(ServerTest, LargeEventReachesAPromptReaderWhole) {
  start();
  Client client(port_);
  client.send(get("/stream"));
  client.read_until("early\n\n\r\n");
  const std::string data(5'000'000, 'e');
  EXPECT_TRUE(send_event(data));
  EXPECT_EQ(client.read_until("\n\n\r\n"), "4c4b48\r\ndata: " + data + "\n\n\r\n");
}

// MR-03
TEST_F(ServerTest, AnnouncedDrainServesOnAndClosesWhatItAnswers) {
  start();
  Client kept(port_);
  kept.send(get("/hello"));
  EXPECT_THAT(kept.read_response(), Not(HasSubstr("Connection: close")));
  Client streaming(port_);
  streaming.send(get("/stream"));
  streaming.read_until("early\n\n\r\n");

  on_loop([this] { server_->announce_drain(); });

  kept.send(get("/hello"));
  EXPECT_THAT(kept.read_response(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(kept.at_end());
  Client late(port_);
  late.send(get("/hello"));
  EXPECT_THAT(late.read_response(),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close\r\n")));
  EXPECT_EQ(stage_.closed_streams, 0);
}

TEST_F(ServerTest, DrainFinishesWhatIsUnderWay) {
  start();
  Client idle(port_);
  idle.send(get("/hello"));
  idle.read_response();
  Client busy(port_);
  busy.send(get("/wait?busy"));
  Client streaming(port_);
  streaming.send(get("/stream"));
  streaming.read_until("early\n\n\r\n");
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));

  auto drained = drain(std::chrono::seconds(60));
  EXPECT_TRUE(idle.at_end());
  EXPECT_EQ(streaming.read_to_end(), "0\r\n\r\n");
  streaming.close();
  EXPECT_TRUE(eventually([this] { return !Client(port_).is_connected(); }));
  on_loop([this] { stage_.gate.cancel(); });
  const std::string answer = busy.read_to_end();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("waited for busy"));
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_EQ(stage_.closed_streams, 1);
  EXPECT_EQ(status().connections, 0U);
}

TEST_F(ServerTest, DrainLetsAStreamThatAnswersARequestFinish) {
  start();
  Client client(port_);
  client.send(get("/answering-stream"));
  client.read_until("early\n\n\r\n");

  auto drained = drain(std::chrono::seconds(60));
  EXPECT_TRUE(eventually([this] { return !Client(port_).is_connected(); }));
  on_loop([this] {
    stage_.stream->send({"the answer", "", ""});
    stage_.stream->close();
  });

  EXPECT_THAT(client.read_to_end(), HasSubstr("data: the answer\n\n"));
  client.close();
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST_F(ServerTest, DrainCutsWhatDoesNotEnd) {
  start();
  Client busy(port_);
  busy.send(get("/wait?busy"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  auto drained = drain(std::chrono::seconds(0));
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_TRUE(busy.at_end());
  EXPECT_EQ(status().connections, 0U);
}

TEST_F(ServerTest, DrainOfAnIdleServerEndsAtOnce) {
  start();
  auto drained = drain(std::chrono::seconds(60));
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST_F(ServerTest, DestroyedServerLeavesRunningHandlersAlone) {
  start();
  Client busy(port_);
  busy.send(get("/wait?busy"));
  Client streaming(port_);
  streaming.send(get("/stream"));
  streaming.read_until("early\n\n\r\n");
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  on_loop([this] { server_.reset(); });
  EXPECT_TRUE(busy.at_end());
  EXPECT_EQ(stage_.closed_streams, 1);
  on_loop([this] { stage_.gate.cancel(); });
  EXPECT_TRUE(eventually([this] { return stage_.waiting == 0; }));
}

TEST_F(ServerTest, LoopDestroyedWithHandlersInFlightLeaksNothing) {
  start();
  Client busy(port_);
  busy.send(get("/wait?busy"));
  ASSERT_TRUE(eventually([this] { return stage_.waiting == 1; }));
  on_loop([this] { loop_.stop(); });
  thread_.join();
}

TEST_F(ServerTest, ListensOnLiteralAddressesOnly) {
  open();
  for (const char* address :
       {"", "127.0.0.1", "localhost:0", ":0", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
        "127.0.0.1:-1", "::1:0", "[::1]", "[127.0.0.1]:0", "[::1:0", "127.0.0.1:80 ", "1:2:3"}) {
    auto port = server_->listen(address);
    ASSERT_FALSE(port) << address;
    EXPECT_EQ(port.error().code, base::Errc::invalid_argument) << address;
  }
  auto taken = server_->listen("127.0.0.1:" + std::to_string(port_));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, base::Errc::unavailable);
}

TEST_F(ServerTest, ServesSeveralAddresses) {
  open();
  auto second = server_->listen("127.0.0.1:0");
  ASSERT_TRUE(second);
  run();
  for (std::uint16_t port : {port_, *second}) {
    Client client(port);
    client.send(get("/hello"));
    EXPECT_THAT(client.read_response(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(ServerTest, ManyConnectionsAtOnceComeBackToBaseline) {
  start();
  {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<Client>(port_));
    for (int round = 0; round < 3; ++round) {
      for (auto& client : clients) client->send(post("/echo", "x"));
      for (auto& client : clients) EXPECT_THAT(client->read_response(), EndsWith("\r\n\r\nx"));
    }
    EXPECT_EQ(status().connections, 200U);
  }
  EXPECT_TRUE(eventually([this] { return status().connections == 0; }));
}

}  // namespace
}  // namespace gatehouse::http
