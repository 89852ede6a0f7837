// SPDX-License-Identifier: MIT
#include "observe/meters.h"

namespace pm::observe {
namespace {

constexpr double nanoseconds = 1e9;

}  // namespace

Meters::Meters(shm::Slab slab, MeterSettings settings)
    : book_(std::move(slab)),
      settings_(std::move(settings)),
      request_shape_(shape_of(settings_.buckets)),
      header_shape_(shape_of(settings_.header_labels)),
      has_header_labels_(!settings_.header_labels.empty()),
      nowhere_(shm::Slab::most_cells) {
  for (const double limit : settings_.buckets)
    limits_.push_back(static_cast<std::uint64_t>(limit * nanoseconds));
  limits_.push_back(UINT64_MAX);
  // What takes in the rest has its place before there is any.
  for (std::uint32_t i = 0; i < family_count; ++i) {
    others_[i] = nowhere_.data();
    others_[i] = requests({static_cast<Family>(i), other_name, {}}, other_labels);
  }
  count_series_by_header();
}

shm::Cell* Meters::requests(const Who& who, RequestLabels labels) {
  shm::Cell* cells = book_.cells({.kind = of(kind::requests, who.family),
                                  .labels = labels.packed(),
                                  .shape = request_shape_,
                                  .name = who.name,
                                  .second = who.second},
                                 cell::first_bucket + static_cast<std::uint32_t>(limits_.size()));
  return cells != nullptr ? cells : others_[static_cast<std::size_t>(who.family)];
}

shm::Cell& Meters::by_header(const Who& who, RequestLabels labels, std::string_view values) {
  shm::SeriesId id{.kind = of(kind::by_header, who.family),
                   .labels = labels.packed(),
                   .shape = header_shape_,
                   .name = who.name,
                   .second = who.second,
                   .extra = values};
  if (shm::Cell* found = book_.find(id)) return *found;
  if (by_header_epoch_ != epoch()) count_series_by_header();  // some were given up
  if (by_header_ >= most_by_header) {
    book_.count_unplaced();
    id.extra = other_name;
  } else {
    ++by_header_;
  }
  shm::Cell* cell = book_.cells(id, 1);
  return cell != nullptr ? *cell : nowhere_[0];
}

void Meters::count_series_by_header() noexcept {
  by_header_epoch_ = epoch();
  by_header_ = 0;
  for (std::uint32_t i = 0; i < family_count; ++i)
    by_header_ += book_.count_of(kind::by_header + i);
}

void Meters::count(const shm::SeriesId& id) {
  if (shm::Cell* cell = book_.cells(id, 1)) shm::add(*cell, 1);
}

}  // namespace pm::observe
