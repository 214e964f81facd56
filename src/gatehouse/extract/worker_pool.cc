// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/extract/worker_pool.h"

#include <pthread.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::extract {

namespace {

// Work and whoever waits for it.
class Job {
 public:
  explicit Job(std::function<void()> wanted) : work_(std::move(wanted)) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void run() {
    try {
      work_();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    has_run_ = true;
  }
  virtual void complete() = 0;  // any thread

 protected:
  std::function<void()> work_;
  std::exception_ptr thrown_;
  bool has_run_ = false;
};

template <class Handler>
class HandlerJob final : public Job {
  using Executor = boost::asio::associated_executor_t<Handler>;

 public:
  HandlerJob(std::function<void()> wanted, Handler handler)
      : Job(std::move(wanted)),
        handler_(std::move(handler)),
        loop_(boost::asio::get_associated_executor(handler_)) {}

  void complete() override {
    const Executor executor = loop_.get_executor();
    boost::asio::post(executor, [handler = std::move(handler_), thrown = std::move(thrown_),
                                 has_run = has_run_]() mutable {
      std::move(handler)(std::move(thrown), has_run);
    });
  }

 private:
  Handler handler_;
  // Keeps the loop running while nothing but this work is under way.
  boost::asio::executor_work_guard<Executor> loop_;
};

}  // namespace

class WorkerPool::Impl {
 public:
  explicit Impl(WorkerPoolLimits limits) : limits_(limits) {}

  ~Impl() {
    std::deque<std::unique_ptr<Job>> given_up;
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
      given_up.swap(queue_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    for (const auto& job : given_up) job->complete();
  }

  void enqueue(std::unique_ptr<Job> job) {
    {
      const std::lock_guard lock(mutex_);
      if (threads_.empty()) start();
      if (!is_stopping_ && queue_.size() < limits_.waiting_max) queue_.push_back(std::move(job));
    }
    if (job != nullptr) return job->complete();
    wake_.notify_one();
  }

 private:
  void start() {
    for (std::size_t i = 0; i < limits_.threads; ++i) {
      threads_.emplace_back([this] { serve(); });
      pthread_setname_np(threads_.back().native_handle(), "extract");
    }
  }

  void serve() {
    // The job must go before the next wait: it keeps a loop running.
    while (std::unique_ptr<Job> job = next()) {
      job->run();
      job->complete();
    }
  }

  std::unique_ptr<Job> next() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
    if (queue_.empty()) return nullptr;
    std::unique_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    return job;
  }

  const WorkerPoolLimits limits_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> queue_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

namespace {

// What Asio calls with the handler of the waiting coroutine.
template <class Queue>
struct Enqueue {
  Queue* queue;

  template <class Handler>
  void operator()(Handler&& handler, std::function<void()> work) const {
    queue->enqueue(std::make_unique<HandlerJob<std::decay_t<Handler>>>(
        std::move(work), std::forward<Handler>(handler)));
  }
};

}  // namespace

WorkerPool::WorkerPool(WorkerPoolLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
WorkerPool::~WorkerPool() = default;

base::Coroutine<bool> WorkerPool::run(const std::function<void()>& work) {
  using Token = boost::asio::use_awaitable_t<base::Executor>;
  Token token;
  return boost::asio::async_initiate<Token, void(std::exception_ptr, bool)>(
      Enqueue<Impl>{impl_.get()}, token, work);
}

}  // namespace gatehouse::extract
