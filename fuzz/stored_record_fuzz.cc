// SPDX-License-Identifier: Apache-2.0
//
// Rows that somebody else may have written: items of DynamoDB, the readable part of grants. What is
// accepted is written the same again, and no row opens that we did not seal.
#include "fuzzing.h"
#include "gatehouse/store/dynamodb_item.h"
#include "gatehouse/store/record_rules.h"
#include "gatehouse/vault/grant_row.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::fuzzing {
namespace {

using base::Secret;
using store::Record;

std::string item_text(const Record& record) {
  std::string text;
  base::JsonWriter json(text);
  store::append_dynamodb_item(json, record);
  return text;
}

void check_grant(const Record& record) {
  const auto row = vault::grant_row_of(record);
  if (!row) return;
  for (const vault::AccessSlot& slot : row->access) {
    assert(row->find_access(slot.token.tag) != nullptr);
  }
  Record again;
  again.attributes = vault::to_attributes(*row);
  const auto same = vault::grant_row_of(again);
  assert(same && *same == *row);
  assert(vault::split_scopes(vault::join_scopes(vault::split_scopes(row->scope))) ==
         vault::split_scopes(row->scope));
}

void check_seal(const Record& record) {
  static const Secret data_key = Secret::copy_of(std::string(32, 'd'));
  static const Secret nobody;
  (void)vault::wrapped_key_of(record);
  assert(!vault::open_record("sessions", record, data_key, nobody));
}

void check_row(const Record& record) {
  assert(store::check_record(record) && store::check_key(record.key));
  assert(store::size_of(record) <= store::kRecordBytesMax);
  const std::string text = item_text(record);
  const auto document = base::JsonDocument::parse(text);
  assert(document);
  const auto again = store::read_dynamodb_item(document->root());
  assert(again && **again == record);
  const auto key = store::read_dynamodb_key(document->root());
  assert(!key || *key == record.key);
  check_grant(record);
  check_seal(record);
  (void)vault::is_tombstone(record);
}

}  // namespace

void run(std::string_view input) {
  const auto document = base::JsonDocument::parse(input);
  if (!document) return;
  const auto record = store::read_dynamodb_item(document->root());
  if (record) check_row(**record);
  const auto key = store::read_dynamodb_key(document->root());
  if (key) assert(base::is_valid_utf8(*key));
}

}  // namespace gatehouse::fuzzing
