// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/store/record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/key_provider.h"
#include "gatehouse/vault/key_rewrapper.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::gateway {

// Where state lives and what seals it, as the settings choose: files of this machine, or DynamoDB
// and KMS. What is passed by reference outlives it; the loop must have stopped before it goes.
class Backends {
 public:
  // Opens files, or gets ready to ask AWS. The detail of an error says the remedy.
  static base::Result<std::unique_ptr<Backends>> open(boost::asio::io_context& loop,
                                                      const Config& config,
                                                      const base::Clock& clock,
                                                      base::Random& random, telemetry::Log& log);
  ~Backends();

  // Reads what only the store knows, before anything is served: the token keys.
  // Errc::unavailable and Errc::timeout pass; any other error stays until somebody acts, and its
  // detail says how.
  base::Task<void> load();
  // The same while serving, for a job that runs every ten minutes.
  base::Task<void> refresh();

  store::RecordStore& store();
  store::Sweepable* sweepable();  // null when the database deletes expired rows by itself
  store::Enumerable& rows();
  vault::KeyProvider& keys();
  vault::KeyRewrapper& rewrapper();
  const vault::TokenKeys& token_keys() const;  // once load() has succeeded

  // Bound into every seal.
  const std::string& table() const;
  vault::KeyContext data_key_context() const;
  vault::KeyContext token_key_context() const;

  bool created() const;  // the files were made just now

  // Since the start: what the database or the table, and KMS, failed to do.
  std::uint64_t store_failures() const;
  std::uint64_t kms_failures() const;

  // For `doctor` and `store init`; null when not in use.
  aws::CachedCredentials* credentials();
  aws::JsonClient* dynamodb();
  aws::JsonClient* kms();

 private:
  class Impl;
  explicit Backends(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::gateway
