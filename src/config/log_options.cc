// SPDX-License-Identifier: MIT
#include "config/static_model.h"
#include "config/tables.h"

namespace pm::config {
namespace {

constexpr std::string_view no_export = "write to a file or to standard output";

// In the order of pm::Level, LogFormat, AccessFormat and FieldMode.
constexpr std::string_view level_words[] = {"trace",        "debug", "info",  "notice",
                                            "warn|warning", "error", "fatal", "panic"};
constexpr std::string_view log_format_words[] = {"common", "json"};
constexpr std::string_view access_format_words[] = {"common", "genericCLF", "json"};
constexpr std::string_view header_words[] = {"keep", "drop", "redact"};
constexpr std::string_view field_words[] = {"keep", "drop"};

constexpr Option log_options[] = {
    option<&LogOptions::level>("level", "least severity that is written")
        .of(level_words)
        .with_default("error; info when nothing is configured and standard output is a terminal"),
    option<&LogOptions::format>("format", "shape of a line").of(log_format_words),
    option<&LogOptions::no_color>("noColor", "no colours on a terminal"),
    option<&LogOptions::file_path>("filePath", "file of the log; none is standard output"),
    later("maxSize", Kind::integer, "size at which the file is rotated")
        .at_least(0)
        .in("megabytes")
        .quiet_at("0")
        .with_default("0"),
    later("maxAge", Kind::integer, "days that rotated files are kept")
        .at_least(0)
        .in("days")
        .quiet_at("0")
        .with_default("0"),
    later("maxBackups", Kind::integer, "rotated files that are kept")
        .at_least(0)
        .in("files")
        .quiet_at("0")
        .with_default("0"),
    later("compress", Kind::flag, "compress rotated files").quiet_at("false").with_default("false"),
    missing("otlp", "export over OTLP").as(Status::missing, no_export),
};

constexpr Option filters_options[] = {
    option<&AccessFilters::status_codes>("statusCodes",
                                         "keep answers with these statuses: codes and ranges")
        .checked(check_status_range),
    option<&AccessFilters::retry_attempts>("retryAttempts", "keep requests that were retried"),
    option<&AccessFilters::min_duration>("minDuration", "keep requests that took longer")
        .at_least(0),
};
constexpr Section filters_keys = section_of<AccessFilters>(filters_options);

constexpr Option headers_options[] = {
    option<&AccessFields::headers_default_mode>(
        "defaultMode", "what becomes of headers without a mode of their own")
        .of(header_words),
    option<&AccessFields::header_names>("names", "mode of single headers: keep, drop or redact")
        .of(header_words),
};
constexpr Section headers_keys = section_of<AccessFields>(headers_options);

constexpr Option query_options[] = {
    option<&AccessFields::query_default_mode>("defaultMode", "drop takes the query off RequestPath")
        .of(field_words),
    missing("names", "mode of single parameters: keep, drop or redact", Kind::text_map),
};
constexpr Section query_keys = section_of<AccessFields>(query_options);

constexpr Option fields_options[] = {
    option<&AccessFields::default_mode>("defaultMode",
                                        "what becomes of fields without a mode of their own")
        .of(field_words),
    option<&AccessFields::names>("names", "mode of single fields: keep or drop").of(field_words),
    group("headers", headers_keys, "headers in the log"),
    group("queryParameters", query_keys, "the query in the log"),
};
constexpr Section fields_keys = section_of<AccessFields>(fields_options);

constexpr Option access_log_options[] = {
    option<&AccessLog::file_path>("filePath", "file of the log; none is standard output"),
    option<&AccessLog::format>("format",
                               "shape of a line; anything else is an error and means common")
        .of(access_format_words)
        .breaking_only(),
    option<&AccessLog::buffering_size>("bufferingSize", "lines that may wait in memory")
        .at_least(0)
        .in("lines"),
    option<&AccessLog::add_internals>("addInternals",
                                      "write lines for ping and other services of our own"),
    later("dualOutput", Kind::flag, "write the file beside an OTLP export")
        .quiet_at("false")
        .with_default("false"),
    section<&AccessLog::filters>("filters", filters_keys,
                                 "a line is kept when one of them matches, or when there are none"),
    section<&AccessLog::fields>("fields", fields_keys, "what a line holds"),
    missing("otlp", "export over OTLP").as(Status::missing, no_export),
};

}  // namespace

constinit const Section log_keys = section_of<LogOptions>(log_options);
constinit const Section access_log_keys = section_of<AccessLog>(access_log_options);

}  // namespace pm::config
