// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "gatehouse/base/encoding.h"

extern char** environ;

namespace gatehouse::http {
namespace {

namespace asio = boost::asio;
using base::Errc;
using std::chrono::milliseconds;

// ---- A server that says exactly what a test wants, byte for byte.

class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  // One request: head, then as many body bytes as it announces. Empty at the end of the connection.
  std::string read_request() {
    std::size_t wanted = std::string::npos;
    for (;;) {
      const auto end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos && wanted == std::string::npos)
        wanted = end + 4 + announced(end);
      if (buffer_.size() >= wanted) break;
      if (!fill()) return {};
    }
    std::string request = buffer_.substr(0, wanted);
    buffer_.erase(0, wanted);
    return request;
  }

  bool write(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Closes with RST instead of FIN.
  void reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  // Blocks until the other side has closed or the server is stopped.
  void wait_for_close() {
    while (fill()) {
    }
  }

 private:
  std::size_t announced(std::size_t head_end) const {
    const auto head = base::to_lower_ascii(buffer_.substr(0, head_end));
    const auto at = head.find("\r\ncontent-length:");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 17));
  }
  bool fill() {
    std::array<char, 65536> chunk;
    const auto got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  std::string buffer_;
};

// Runs a script for every connection, each on its own thread.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&, int connection)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 128), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    ::close(listener_);
  }

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  int port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      const std::lock_guard lock(mutex_);
      open_.insert(fd);
      threads_.emplace_back([this, fd, number = connections_++] { serve(fd, number); });
    }
  }
  void serve(int fd, int number) {
    Peer peer(fd);
    script_(peer, number);
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
    ::close(fd);
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

std::string answer(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// Says the same to every request of every connection.
ScriptedServer::Script always(std::string text) {
  return [text](Peer& peer, int) {
    while (!peer.read_request().empty()) peer.write(text);
  };
}

class Process {
 public:
  Process(std::vector<std::string> arguments, const std::string& output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Process() {
    if (pid_ <= 0) return;
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  bool started() const { return pid_ > 0; }
  int wait() {
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

// A folder that is gone with the test.
class Folder {
 public:
  Folder() {
    path_ = (std::filesystem::temp_directory_path() / "gatehouse-http-XXXXXX").string();
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string gzip(std::string_view text) {
  const Folder folder;
  std::ofstream(folder.file("plain")) << text;
  Process program({"gzip", "-9", "-c", folder.file("plain")}, folder.file("packed"));
  EXPECT_TRUE(program.started() && program.wait() == 0);
  std::ostringstream packed;
  packed << std::ifstream(folder.file("packed")).rdbuf();
  return packed.str();
}

// ---- The loop and what runs on it

using Outcome = std::optional<base::Result<ClientResponse>>;

base::Coroutine<void> exchange(Client& client, const ClientRequest& request, Outcome& outcome) {
  auto result = co_await client.send(request);
  outcome.emplace(std::move(result));
}

void spawn_exchange(asio::io_context& loop, Client& client, const ClientRequest& request,
                    Outcome& outcome) {
  asio::co_spawn(loop, exchange(client, request, outcome),
                 [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
}

CurlClientOptions test_options() {
  CurlClientOptions options;
  options.user_agent = "gatehouse-test (gzip)";
  return options;
}

struct Fixture {
  explicit Fixture(CurlClientOptions options = test_options()) : client(loop, std::move(options)) {}

  base::Result<ClientResponse> send(const ClientRequest& request) {
    Outcome outcome;
    spawn_exchange(loop, client, request, outcome);
    loop.restart();
    loop.run();
    EXPECT_TRUE(outcome.has_value());
    return *std::move(outcome);
  }
  base::Result<ClientResponse> get(std::string url) { return send(request_to(std::move(url))); }

  static ClientRequest request_to(std::string url, Method method = Method::get,
                                  std::string_view body = "") {
    ClientRequest request;
    request.url = std::move(url);
    request.method = method;
    request.body = base::Secret::copy_of(body);
    return request;
  }

  asio::io_context loop{1};
  CurlClient client;
};

void expect_error(const base::Result<ClientResponse>& result, Errc code,
                  std::string_view part = "") {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, code) << result.error().detail;
  EXPECT_NE(result.error().detail.find(part), std::string::npos) << result.error().detail;
}

// ---- Exchanges

TEST(CurlClient, GivesStatusHeadersAndBody) {
  ScriptedServer server(always(
      "HTTP/1.1 404 Not Found\r\nX-One:  padded \r\nx-two: 2\r\nContent-Length: 5\r\n\r\nhello"));
  Fixture f;
  const auto response = f.get(server.url("/path?q=1"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->header("x-ONE"), "padded");
  EXPECT_EQ(response->header("X-Two"), "2");
  EXPECT_EQ(response->header("absent"), "");
  EXPECT_EQ(response->body.reveal(), "hello");
}

TEST(CurlClient, SendsMethodHeadersBearerAndBody) {
  std::mutex mutex;
  std::string seen;
  ScriptedServer server([&](Peer& peer, int) {
    auto request = peer.read_request();
    {
      const std::lock_guard lock(mutex);
      seen = std::move(request);
    }
    peer.write(answer("ok"));
    peer.wait_for_close();
  });
  Fixture f;
  auto request = Fixture::request_to(server.url("/a/../b?x=%20"), Method::patch, "{\"a\":1}");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.bearer = base::Secret::copy_of("token-1");
  ASSERT_TRUE(f.send(request));

  const std::lock_guard lock(mutex);
  EXPECT_TRUE(seen.starts_with("PATCH /a/../b?x=%20 HTTP/1.1\r\n")) << seen;
  for (const auto* line :
       {"\r\nAuthorization: Bearer token-1\r\n", "\r\nContent-Type: application/json\r\n",
        "\r\nX-Empty:\r\n", "\r\nAccept-Encoding: gzip\r\n",
        "\r\nUser-Agent: gatehouse-test (gzip)\r\n", "\r\nContent-Length: 7\r\n"}) {
    EXPECT_NE(seen.find(line), std::string::npos) << line << "\n" << seen;
  }
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"a\":1}"));
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
}

TEST(CurlClient, SendsEveryMethodWithAndWithoutBody) {
  const struct {
    Method method;
    const char* name;
    const char* body;
    bool has_length;
  } rows[] = {{Method::get, "GET", "", false},     {Method::post, "POST", "", true},
              {Method::post, "POST", "b", true},   {Method::put, "PUT", "b", true},
              {Method::patch, "PATCH", "b", true}, {Method::del, "DELETE", "", false},
              {Method::del, "DELETE", "b", true},  {Method::options, "OPTIONS", "", false}};
  ScriptedServer server([](Peer& peer, int) {
    for (auto request = peer.read_request(); !request.empty(); request = peer.read_request())
      peer.write(answer(request));
  });
  Fixture f;
  for (const auto& row : rows) {
    const auto response = f.send(Fixture::request_to(server.url(), row.method, row.body));
    ASSERT_TRUE(response) << row.name;
    const auto echoed = response->body.reveal();
    EXPECT_TRUE(echoed.starts_with(std::string(row.name) + " / HTTP/1.1\r\n")) << echoed;
    EXPECT_TRUE(echoed.ends_with(std::string("\r\n\r\n") + row.body)) << echoed;
    EXPECT_EQ(echoed.find("Content-Length:") != std::string_view::npos, row.has_length) << echoed;
    EXPECT_EQ(echoed.find("Content-Type:"), std::string_view::npos) << echoed;
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, HeadHasNoBody) {
  ScriptedServer server(always("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
  Fixture f;
  const auto response = f.send(Fixture::request_to(server.url(), Method::head));
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body.empty());
}

// GO-17
TEST(CurlClient, TakesAnswersWithoutBodyAndInterimAnswers) {
  const struct {
    const char* name;
    const char* wire;
    int status;
  } rows[] = {
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", 204},
      {"304", "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", 304},
      {"206", "HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n", 206},
      {"103 first",
       "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       200}};
  for (const auto& row : rows) {
    ScriptedServer server(always(row.wire));
    Fixture f;
    const auto response = f.get(server.url());
    ASSERT_TRUE(response) << row.name;
    EXPECT_EQ(response->status, row.status);
    EXPECT_EQ(response->header("Link"), "") << "headers of interim answers are dropped";
  }
}

TEST(CurlClient, ReadsChunkedBodiesAndDropsTrailers) {
  ScriptedServer server(
      always("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
             "chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\nX-Late: 1\r\n\r\n"));
  Fixture f;
  const auto response = f.get(server.url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.reveal(), "hello!");
  EXPECT_EQ(response->header("X-Late"), "");
}

TEST(CurlClient, ReusesConnections) {
  ScriptedServer server(always(answer("x")));
  Fixture f;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(f.get(server.url()));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(f.client.status().connections_opened, 1u);
}

TEST(CurlClient, KeepsNothingOfOneRequestForTheNext) {
  ScriptedServer server([](Peer& peer, int) {
    for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      peer.write(answer(request, "Set-Cookie: a=b\r\n"));
    }
  });
  Fixture f;
  auto first = Fixture::request_to(server.url(), Method::put, "body");
  first.bearer = base::Secret::copy_of("token-1");
  first.headers = {{"X-First", "1"}};
  ASSERT_TRUE(f.send(first));
  const auto second = f.get(server.url());
  ASSERT_TRUE(second);
  const auto seen = second->body.reveal();
  EXPECT_TRUE(seen.starts_with("GET / ")) << seen;
  for (const auto* gone : {"token-1", "X-First", "Cookie", "body"})
    EXPECT_EQ(seen.find(gone), std::string_view::npos) << seen;
}

TEST(CurlClient, DecodesGzip) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "line " + std::to_string(i) + "\n";
  ScriptedServer server(always(answer(gzip(text), "Content-Encoding: gzip\r\n")));
  Fixture f;
  const auto response = f.get(server.url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.reveal(), text);
}

TEST(CurlClient, SendsManyRequestsAtOnceOverFewConnections) {
  ScriptedServer server(always(answer("x")));
  auto options = test_options();
  options.connections_per_host_max = 3;
  Fixture f(options);
  const auto request = Fixture::request_to(server.url());
  std::vector<Outcome> outcomes(200);
  for (auto& outcome : outcomes) spawn_exchange(f.loop, f.client, request, outcome);
  f.loop.run();
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(*outcome);
  }
  EXPECT_LE(server.connections(), 3);
  EXPECT_EQ(f.client.status().in_flight, 0u);
  EXPECT_EQ(f.client.status().waiting, 0u);
}

TEST(CurlClient, SendsLargeBodies) {
  ScriptedServer server([](Peer& peer, int) {
    const auto request = peer.read_request();
    peer.write(answer(std::to_string(request.size() - request.find("\r\n\r\n") - 4)));
    peer.wait_for_close();
  });
  for (const bool once : {false, true}) {
    Fixture f;
    auto request = Fixture::request_to(server.url(), Method::post, std::string(5'000'000, 'x'));
    request.send_once = once;
    const auto response = f.send(request);
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->body.reveal(), "5000000");
  }
}

// ---- What is refused before anything is sent

TEST(CurlClient, RefusesUrls) {
  Fixture f;
  const struct {
    const char* name;
    std::string url;
  } rows[] = {{"http elsewhere", "http://example.com/"},
              {"http to a lookalike", "http://127.0.0.1.example.com/"},
              {"http to the network", "http://10.0.0.1/"},
              {"another scheme", "ftp://127.0.0.1/"},
              {"a file", "file:///etc/passwd"},
              {"userinfo", "https://user:pw@127.0.0.1/"},
              {"userinfo that looks like a host", "http://127.0.0.1@example.com/"},
              {"fragment", "https://127.0.0.1/#x"},
              {"line break", "http://127.0.0.1/\r\nX: y"},
              {"space", "http://127.0.0.1/a b"},
              {"escaped host", "http://127.0.0.1%2f.example.com/"},
              {"no host", "http:///x"},
              {"relative", "/x"},
              {"empty", ""},
              {"too long", "http://127.0.0.1/" + std::string(20'000, 'a')}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    expect_error(f.get(row.url), Errc::invalid_argument);
  }
}

TEST(CurlClient, RefusesPlainHttpToLoopbackWhenNotAllowed) {
  auto options = test_options();
  options.allow_plain_http_to_loopback = false;
  Fixture f(options);
  expect_error(f.get("http://127.0.0.1/"), Errc::invalid_argument, "plain http");
}

TEST(CurlClient, AllowsPlainHttpToNamedHosts) {
  ScriptedServer server(always(answer("x")));
  auto options = test_options();
  options.allow_plain_http_to_loopback = false;
  options.plain_http_hosts = {"127.0.0.1"};
  Fixture f(options);
  EXPECT_TRUE(f.get(server.url()));
  expect_error(f.get("http://127.0.0.2/"), Errc::invalid_argument, "plain http");
}

TEST(CurlClient, SendsPlainHttpAnywhereOnlyWhenToldTo) {
  ScriptedServer server(always(answer("x")));
  auto options = test_options();
  options.allow_plain_http_to_loopback = false;
  options.plain_http_anywhere = true;
  {
    Fixture f(options);
    EXPECT_TRUE(f.get(server.url()));
  }
  options.public_addresses_only = true;
  Fixture strangers(options);
  expect_error(strangers.get(server.url()), Errc::invalid_argument, "refused");
}

TEST(CurlClient, RefusesHeadersThatWouldInject) {
  Fixture f;
  const Header rows[] = {{"X", "a\r\nY: b"},
                         {"X", "a\nb"},
                         {"X", std::string("a\0b", 3)},
                         {"X\r\nY", "a"},
                         {"X: Y", "a"},
                         {"", "a"},
                         {"Content-Length", "5"},
                         {"transfer-encoding", "chunked"},
                         {"Host", "other"},
                         {"Connection", "close"}};
  for (const auto& header : rows) {
    auto request = Fixture::request_to("http://127.0.0.1:1/");
    request.headers = {header};
    SCOPED_TRACE(header.name);
    expect_error(f.send(request), Errc::invalid_argument, "header refused");
  }
  auto request = Fixture::request_to("http://127.0.0.1:1/");
  request.bearer = base::Secret::copy_of("a\r\nX: y");
  expect_error(f.send(request), Errc::invalid_argument, "bearer refused");
}

TEST(CurlClient, RefusesMethods) {
  Fixture f;
  expect_error(f.send(Fixture::request_to("http://127.0.0.1:1/", Method::get, "body")),
               Errc::invalid_argument);
  expect_error(f.send(Fixture::request_to("http://127.0.0.1:1/", Method::other)),
               Errc::invalid_argument);
}

// ---- Faults of the other side

TEST(CurlClient, DoesNotFollowRedirects) {
  ScriptedServer elsewhere(always(answer("secret")));
  ScriptedServer server(always("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
                               "\r\nContent-Length: 0\r\n\r\n"));
  Fixture f;
  const auto response = f.get(server.url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->header("location"), elsewhere.url());
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST(CurlClient, RefusesOversizedBodies) {
  const std::string text(100'001, 'x');
  const struct {
    const char* name;
    std::string wire;
  } rows[] = {
      {"announced", answer(text)},
      {"streamed", "HTTP/1.1 200 OK\r\n\r\n" + text},
      {"compressed", answer(gzip(text), "Content-Encoding: gzip\r\n")},
      {"a compressed bomb",
       answer(gzip(std::string(50'000'000, '\0')), "Content-Encoding: gzip\r\n")},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer server(always(row.wire));
    Fixture f;
    auto request = Fixture::request_to(server.url());
    request.body_bytes_max = 100'000;
    expect_error(f.send(request), Errc::denied, "larger than 100000");
  }
}

TEST(CurlClient, TakesBodiesUpToTheLimit) {
  ScriptedServer server(always(answer(std::string(100'000, 'x'))));
  Fixture f;
  auto request = Fixture::request_to(server.url());
  request.body_bytes_max = 100'000;
  const auto response = f.send(request);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), 100'000u);
}

// DO-12
TEST(CurlClient, BoundsAnswersTogether) {
  constexpr std::size_t kSize = 100'000;
  std::atomic<int> begun{0};
  // Every answer is half way before any of them ends.
  ScriptedServer server([&begun](Peer& peer, int) {
    const std::string whole = answer(std::string(kSize, 'x'));
    if (peer.read_request().empty()) return;
    ++begun;
    peer.write(whole.substr(0, whole.size() / 2));
    for (int i = 0; begun < 4 && i < 1000; ++i) std::this_thread::sleep_for(milliseconds(5));
    std::this_thread::sleep_for(milliseconds(100));
    peer.write(whole.substr(whole.size() / 2));
  });
  auto options = test_options();
  options.bodies_bytes_max = 3 * kSize;
  Fixture f(options);
  const auto request = Fixture::request_to(server.url());
  std::vector<Outcome> outcomes(4);
  for (auto& outcome : outcomes) spawn_exchange(f.loop, f.client, request, outcome);
  f.loop.run();
  int taken = 0;
  for (auto& outcome : outcomes) {
    if (*outcome) {
      ++taken;
    } else {
      expect_error(*outcome, Errc::unavailable, "too much is held");
    }
  }
  EXPECT_EQ(taken, 3);
  begun = 4;
  expect_error(f.send(request), Errc::unavailable, "too much is held");
  outcomes.clear();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(f.send(request)) << "those that have gone do not count";
}

// CI-17
TEST(CurlClient, BoundsTheAnswersHead) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  std::string interim;
  for (int i = 0; i < 1'000; ++i) interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const struct {
    const char* name;
    std::string wire;
  } rows[] = {
      {"many headers", answer("x", many)},
      {"long headers", answer("x", "X: " + std::string(70'000, 'y') + "\r\n")},
      {"endless interim answers", interim + answer("x")},
      {"many trailers",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + many + "\r\n"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer server(always(row.wire));
    Fixture f;
    expect_error(f.get(server.url()), Errc::denied);
  }
}

TEST(CurlClient, RefusesBrokenAnswers) {
  const struct {
    const char* name;
    std::string wire;
  } rows[] = {{"cut body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
              {"cut chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort"},
              {"cut head", "HTTP/1.1 200 OK\r\nContent-"},
              {"an interim answer only", "HTTP/1.1 103 Early Hints\r\n\r\n"},
              {"nothing", ""},
              {"not HTTP", "hello there\r\n\r\n"},
              {"header without colon", "HTTP/1.1 200 OK\r\nBroken\r\nContent-Length: 0\r\n\r\n"},
              {"space before colon", "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n"},
              {"not gzip", answer("plain", "Content-Encoding: gzip\r\n")},
              {"unknown encoding", answer("plain", "Content-Encoding: zstd9\r\n")}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(row.wire);
    });
    Fixture f;
    expect_error(f.get(server.url("/?secret=1")), Errc::unavailable);
  }
}

TEST(CurlClient, ReportsAResetConnection) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_request();
    peer.reset();
  });
  Fixture f;
  expect_error(f.get(server.url()), Errc::unavailable, "exchange with 127.0.0.1 failed");
}

// GO-10
TEST(CurlClient, ReportsARefusedConnection) {
  int port = 0;
  {
    ScriptedServer server(always(""));
    port = server.port();
  }
  Fixture f;
  auto request = Fixture::request_to("http://127.0.0.1:" + std::to_string(port) + "/path?secret=1",
                                     Method::post, "body");
  request.send_once = true;
  const auto result = f.send(request);
  expect_error(result, Errc::unavailable, "connect to 127.0.0.1 failed: ");
  EXPECT_EQ(result.error().detail.find("secret"), std::string::npos);
  EXPECT_EQ(result.error().detail.find("path"), std::string::npos);
}

TEST(CurlClient, ReportsANameThatDoesNotResolve) {
  Fixture f;
  auto request = Fixture::request_to("https://does-not-exist.invalid/");
  request.timeout = milliseconds(5'000);
  setenv("NO_PROXY", "*", 1);
  expect_error(f.send(request), Errc::unavailable);
  unsetenv("NO_PROXY");
}

// GO-06
TEST(CurlClient, GivesUpAtTheDeadline) {
  const struct {
    const char* name;
    std::string wire;
  } rows[] = {{"silence", ""},
              {"half a head", "HTTP/1.1 200"},
              {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(row.wire);
      peer.wait_for_close();
    });
    Fixture f;
    auto request = Fixture::request_to(server.url());
    request.timeout = milliseconds(100);
    expect_error(f.send(request), Errc::timeout, "no answer in time");
  }
}

TEST(CurlClient, GivesUpWaitingInLineAtTheDeadline) {
  ScriptedServer server([](Peer& peer, int) { peer.wait_for_close(); });
  auto options = test_options();
  options.connections_per_host_max = 1;
  Fixture f(options);
  auto patient = Fixture::request_to(server.url());
  patient.timeout = milliseconds(400);
  auto hasty = Fixture::request_to(server.url());
  hasty.timeout = milliseconds(100);
  Outcome first;
  Outcome second;
  spawn_exchange(f.loop, f.client, patient, first);
  spawn_exchange(f.loop, f.client, hasty, second);
  f.loop.run();
  expect_error(*first, Errc::timeout);
  expect_error(*second, Errc::unavailable, "in line");
}

TEST(CurlClient, RefusesMoreRequestsThanTheLineHolds) {
  ScriptedServer server(always(answer("x")));
  auto options = test_options();
  options.connections_per_host_max = 1;
  options.requests_waiting_max = 2;
  Fixture f(options);
  const auto request = Fixture::request_to(server.url());
  std::vector<Outcome> outcomes(4);
  for (auto& outcome : outcomes) spawn_exchange(f.loop, f.client, request, outcome);
  f.loop.run();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(*outcomes[i]);
  expect_error(*outcomes[3], Errc::unavailable, "in line");
}

TEST(CurlClient, BoundsRequestsInFlightOverAllHosts) {
  ScriptedServer one(always(answer("1")));
  ScriptedServer two(always(answer("2")));
  auto options = test_options();
  options.requests_in_flight_max = 1;
  Fixture f(options);
  const auto to_one = Fixture::request_to(one.url());
  const auto to_two = Fixture::request_to(two.url());
  std::vector<Outcome> outcomes(6);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    spawn_exchange(f.loop, f.client, i % 2 == 0 ? to_one : to_two, outcomes[i]);
  }
  f.loop.run();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_TRUE(outcomes[i].has_value());
    EXPECT_EQ((*outcomes[i])->body.reveal(), i % 2 == 0 ? "1" : "2");
  }
}

// ---- Requests that must not go out twice

// Answers the first request on its first connection, then takes the next one and hangs up without a
// word.
ScriptedServer::Script hang_up_on_second(std::atomic<int>& bodies) {
  return [&bodies](Peer& peer, int connection) {
    while (!peer.read_request().empty()) {
      ++bodies;
      if (connection == 0 && bodies == 2) return;
      peer.write(answer("ok"));
    }
  };
}

TEST(CurlClient, SendsAgainOnAFreshConnectionWhenAPooledOneBreaks) {
  std::atomic<int> bodies = 0;
  ScriptedServer server(hang_up_on_second(bodies));
  Fixture f;
  const auto request = Fixture::request_to(server.url(), Method::post, "body");
  ASSERT_TRUE(f.send(request));
  EXPECT_TRUE(f.send(request));
  EXPECT_EQ(bodies, 3);
}

TEST(CurlClient, SendsOnceWhenTold) {
  std::atomic<int> bodies = 0;
  ScriptedServer server(hang_up_on_second(bodies));
  Fixture f;
  auto request = Fixture::request_to(server.url(), Method::post, "body");
  request.send_once = true;
  ASSERT_TRUE(f.send(request));
  expect_error(f.send(request), Errc::timeout);
  EXPECT_EQ(bodies, 2);
}

TEST(CurlClient, SendsOnceWithoutABodyToo) {
  std::atomic<int> bodies = 0;
  ScriptedServer server(hang_up_on_second(bodies));
  Fixture f;
  auto request = Fixture::request_to(server.url(), Method::post);
  request.send_once = true;
  ASSERT_TRUE(f.send(request));
  ASSERT_TRUE(f.send(request));
  EXPECT_EQ(server.connections(), 2) << "a fresh connection each";
  EXPECT_EQ(bodies, 2);
}

TEST(CurlClient, CallsEveryFailureAfterSendingOnceUnknown) {
  const struct {
    const char* name;
    std::string wire;
  } rows[] = {{"nothing", ""},
              {"cut body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
              {"oversized", answer(std::string(2'000, 'x'))}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_request();
      peer.write(row.wire);
    });
    Fixture f;
    auto request = Fixture::request_to(server.url(), Method::post, "body");
    request.send_once = true;
    request.body_bytes_max = 1'000;
    expect_error(f.send(request), Errc::timeout);
  }
}

// ---- Ends

base::Coroutine<void> cancel_later(asio::cancellation_signal& signal, milliseconds delay) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, delay);
  const asio::use_awaitable_t<base::Executor> token;
  co_await timer.async_wait(token);
  signal.emit(asio::cancellation_type::terminal);
}

TEST(CurlClient, CancellingTheAwaiterCancelsTheTransfer) {
  std::atomic<bool> closed = false;
  ScriptedServer server([&](Peer& peer, int) {
    peer.read_request();
    peer.wait_for_close();
    closed = true;
  });
  {
    Fixture f;
    const auto request = Fixture::request_to(server.url());
    Outcome outcome;
    asio::cancellation_signal signal;
    asio::co_spawn(f.loop, exchange(f.client, request, outcome),
                   asio::bind_cancellation_slot(
                       signal.slot(), [](std::exception_ptr failure) { EXPECT_FALSE(failure); }));
    asio::co_spawn(f.loop, cancel_later(signal, milliseconds(100)),
                   [](std::exception_ptr failure) { EXPECT_FALSE(failure); });
    f.loop.run();
    ASSERT_TRUE(outcome.has_value());
    expect_error(*outcome, Errc::timeout, "cancelled");
    EXPECT_EQ(f.client.status().in_flight, 0u);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlClient, MayBeDestroyedWithTransfersInFlight) {
  ScriptedServer server([](Peer& peer, int) { peer.wait_for_close(); });
  asio::io_context loop{1};
  auto options = test_options();
  options.connections_per_host_max = 2;
  auto client = std::make_unique<CurlClient>(loop, options);
  const auto request = Fixture::request_to(server.url());
  std::vector<Outcome> outcomes(5);
  for (auto& outcome : outcomes) spawn_exchange(loop, *client, request, outcome);
  loop.run_for(milliseconds(100));
  client.reset();
  loop.run();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_TRUE(outcomes[i].has_value());
    expect_error(*outcomes[i], i < 2 ? Errc::timeout : Errc::unavailable, "HTTP client closed");
  }
}

TEST(CurlClient, LeavesNothingBehindWhenTheLoopEndsFirst) {
  ScriptedServer server([](Peer& peer, int) { peer.wait_for_close(); });
  const auto request = Fixture::request_to(server.url());
  std::vector<Outcome> outcomes(3);
  asio::io_context loop{1};
  {
    CurlClient client(loop, test_options());
    for (auto& outcome : outcomes) spawn_exchange(loop, client, request, outcome);
    loop.run_for(milliseconds(100));
  }
  // The coroutines were never resumed; the loop destroys them with what they own.
}

TEST(CurlClient, LeavesAnIdleLoopToEnd) {
  ScriptedServer server(always(answer("x")));
  Fixture f;
  ASSERT_TRUE(f.get(server.url()));
  f.loop.restart();
  EXPECT_EQ(f.loop.run_for(std::chrono::seconds(30)), 0u) << "a pooled connection is no work";
}

// ---- Proxies and guarded clients

TEST(CurlClient, SendsHttpsThroughTheProxyOfTheEnvironment) {
  std::mutex mutex;
  std::string seen;
  ScriptedServer proxy([&](Peer& peer, int) {
    auto request = peer.read_request();
    const std::lock_guard lock(mutex);
    seen = std::move(request);
    peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  setenv("HTTPS_PROXY", proxy.url().c_str(), 1);
  Fixture f;
  auto request = Fixture::request_to("https://gmail.example.com/path?secret=1");
  request.bearer = base::Secret::copy_of("token-1");
  const auto result = f.send(request);
  unsetenv("HTTPS_PROXY");
  expect_error(result, Errc::unavailable, "connect to gmail.example.com failed");
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(seen.starts_with("CONNECT gmail.example.com:443 HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(seen.find("token-1"), std::string::npos);
}

TEST(CurlClient, KeepsPlainHttpAwayFromProxies) {
  ScriptedServer proxy(always(answer("proxy")));
  ScriptedServer server(always(answer("server")));
  for (const auto* name : {"http_proxy", "ALL_PROXY"}) setenv(name, proxy.url().c_str(), 1);
  Fixture f;
  const auto response = f.get(server.url());
  for (const auto* name : {"http_proxy", "ALL_PROXY"}) unsetenv(name);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.reveal(), "server");
}

// CI-07
TEST(CurlClient, GuardedClientConnectsToPublicAddressesOnly) {
  ScriptedServer sink(always(answer("x")));
  auto options = test_options();
  options.public_addresses_only = true;
  Fixture f(options);
  for (const auto* url :
       {"https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
        "https://169.254.170.2/", "https://[::ffff:127.0.0.1]/", "https://0.0.0.0/",
        "https://2130706433/"}) {
    SCOPED_TRACE(url);
    const auto result = f.get(url);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().code, Errc::timeout) << "refused, not tried";
  }
  expect_error(f.get(sink.url()), Errc::invalid_argument);
  expect_error(f.get("http://localhost/"), Errc::invalid_argument, "plain http");
  expect_error(f.get("https://127.0.0.1:" + std::to_string(sink.port()) + "/"),
               Errc::invalid_argument, "port");
  EXPECT_EQ(sink.connections(), 0);
}

TEST(CurlClient, GuardedClientTakesTrustedAddresses) {
  ScriptedServer sink([](Peer& peer, int) { peer.wait_for_close(); });
  auto options = test_options();
  options.public_addresses_only = true;
  options.trusted_addresses = {"127.0.0.1"};
  Fixture f(options);
  auto request = Fixture::request_to("https://localhost:" + std::to_string(sink.port()) + "/");
  request.timeout = milliseconds(200);
  EXPECT_FALSE(f.send(request)) << "no TLS there";
  EXPECT_EQ(sink.connections(), 1);
}

// ---- HTTP/2 over TLS, against nghttpd

int free_port() {
  ScriptedServer server(always(""));
  return server.port();
}

bool accepts(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

class Http2 : public ::testing::Test {
 protected:
  void SetUp() override {
    Process certificate({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-keyout",
                         folder_.file("key.pem"), "-out", folder_.file("cert.pem"), "-subj",
                         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"},
                        folder_.file("openssl.log"));
    if (!certificate.started() || certificate.wait() != 0)
      GTEST_SKIP() << "openssl is not installed";
    std::ofstream(folder_.file("file.txt")) << "hello over h2";
    port_ = free_port();
    server_.emplace(std::vector<std::string>{"nghttpd", "-v", "-a", "127.0.0.1", "-d",
                                             folder_.path(), std::to_string(port_),
                                             folder_.file("key.pem"), folder_.file("cert.pem")},
                    folder_.file("nghttpd.log"));
    if (!server_->started()) GTEST_SKIP() << "nghttpd is not installed";
    for (int i = 0; i < 200 && !accepts(port_); ++i) std::this_thread::sleep_for(milliseconds(25));
  }
  void TearDown() override { server_.reset(); }

  CurlClientOptions trusting_options() const {
    auto options = test_options();
    options.ca_file = folder_.file("cert.pem");
    return options;
  }
  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/file.txt"; }

  Folder folder_;
  int port_ = 0;
  std::optional<Process> server_;
};

TEST_F(Http2, ManyRequestsShareOneConnection) {
  Fixture f(trusting_options());
  const auto request = Fixture::request_to(url());
  std::vector<Outcome> outcomes(50);
  for (auto& outcome : outcomes) spawn_exchange(f.loop, f.client, request, outcome);
  f.loop.run();
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome.has_value());
    ASSERT_TRUE(*outcome) << outcome->error().detail;
    EXPECT_EQ((*outcome)->body.reveal(), "hello over h2");
  }
  EXPECT_EQ(f.client.status().connections_opened, 1u);
}

TEST_F(Http2, MoreRequestsThanStreamsShareOneConnectionToo) {
  Fixture f(trusting_options());
  const auto request = Fixture::request_to(url());
  std::vector<Outcome> outcomes(400);
  for (auto& outcome : outcomes) spawn_exchange(f.loop, f.client, request, outcome);
  f.loop.run();
  for (const auto& outcome : outcomes) EXPECT_TRUE(*outcome);
  EXPECT_EQ(f.client.status().connections_opened, 1u);
}

TEST_F(Http2, SendsBodiesOnce) {
  Fixture f(trusting_options());
  auto request = Fixture::request_to(url(), Method::post, std::string(300'000, 'x'));
  request.send_once = true;
  const auto response = f.send(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->status, 200);
}

// GO-10
TEST_F(Http2, RefusesACertificateNobodyVouchesFor) {
  Fixture f;
  expect_error(f.get(url()), Errc::unavailable,
               "connect to localhost failed: SSL certificate problem");
}

TEST_F(Http2, RefusesACertificateForAnotherName) {
  Fixture f(trusting_options());
  auto request = Fixture::request_to("https://127.0.0.2:" + std::to_string(port_) + "/");
  EXPECT_FALSE(f.send(request));
}

}  // namespace
}  // namespace gatehouse::http
