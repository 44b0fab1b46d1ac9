// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/query_store.hpp"

namespace mooring::server {

void QueryStore::cut_deadlines(TimePoint latest) {
  // Those in front have the earliest, so that the list remains in order.
  deadlines_.visit([&](PendingQuery& query) {
    query.deadline = std::min(query.deadline, latest);
    return true;
  });
}

}  // namespace mooring::server
