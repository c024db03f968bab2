"""What the API says of itself, to people. Read by the settings, so it imports nothing."""

TAGS = [
    {"name": "plans", "description": "Plans as their current, published revision states them, whole or by part."},
    {
        "name": "money",
        "description": "What is asked for and what is given: rollups, and the lines behind every total.",
    },
    {"name": "reference", "description": "The lists that plans choose from: countries, sectors, organizations."},
    {"name": "hapi", "description": "The same in the shape of HDX HAPI, version 2: its clients work here unchanged."},
    {"name": "bulk", "description": "Everything at once, as files that are made every night."},
    {"name": "webhooks", "description": "What CRP sends to systems of partners when something happens, signed."},
    {"name": "about", "description": "The entry points, and this description."},
]

DESCRIPTION = """\
Plans of the International Organization for Migration (IOM) for crises, the money they ask for and the money they
report to have received. Everything here can be read by everybody; contributions are written with a key. The API speaks
English: names in other languages stand in columns of their own (`name_fr`, `name_es`, `name_ar`).

## What you see

A plan is shown as its **current, published revision** states it. Drafts are never shown, nor counted.

| column | meaning |
|---|---|
| `requested_usd` | Funding required, as the plan states it, or else the sum of its widest breakdown. |
| `received_usd` | Commitments and payments, less corrections. A pledge is not counted: it stands in `pledged_usd`. |
| `gap_usd` | Required less received, never below 0. What was received above the requirement is `over_funded_usd`. |
| `percent_funded` | Received / required x 100, rounded half up to two decimals. It may pass 100. |
| `funding_reported` | Whether a plan says what it received. Where it does not, received, gap and percentage are null. |

**Not reported is not zero.** `null` says that a plan does not report a figure, or that the figure is not defined;
`"0.00"` and `0.0` are reported zeros. A text that is not there is null too, never empty.

The same money is told **by framework, by objective, by sector and by project**. These breakdowns are alternatives: add
within one, never across. People and entities overlap from one objective to the next: the plan's own number counts.
Rollups add for you, name what belongs to no line (`residuals`), and refuse to be served where rows and residuals do
not give the total. The percentage over several plans is that of the plans which state both requirement and funding:
(`requested_reporting_usd` - `gap_usd` + `over_funded_usd`) / `requested_reporting_usd` x 100.

## Types

- Money is US dollars, as a **string with two decimals** (`"37360000.00"`), so that no program rounds it.
- Percentages are numbers: `0.91` is less than one percent.
- Days are `2025-04-17`; times are UTC, `2025-04-17T00:00:00Z`.
- Codes are permanent. Countries are ISO 3166-1 alpha-3 (`MLI`), regions UN M49 (`002`). A sector is `TAXONOMY/CODE`
  (`IOM-2025/WASH`): lists of sectors change over the years, and `global_cluster` says under which IASC global cluster
  years compare.

## Formats

JSON, or as a table for every list, rollup and check, with `format=` or the header `Accept`: the same filters, the same
column names, streamed, and all rows unless `limit`, `offset` or `cursor` is given.

- `csv` (`text/csv`): null is empty, lists are joined by `;`, and a text that a spreadsheet would run as a formula has
  an apostrophe before it. UTF-8; with `bom=1` it begins with the mark by which Excel knows that.
- `ndjson` (`application/x-ndjson`): a JSON object a line.
- `xlsx` (`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`): a workbook whose numbers are numbers,
  whose days are days, and whose first sheet says where it is from.
- `parquet` (`application/vnd.apache.parquet`): typed columns, money as decimals. **400** where the server lacks the
  package for it, and **406** where only `Accept` asks for it.

`hxl=1` puts a row of [HXL](https://hxlstandard.org) hashtags below the header of CSV and XLSX. A file is called after
its list, what narrows it and its day: `crp-contributions-country-MLI-2026-11-23.csv`. All of it, every night, as
files: `/api/v1/dumps/`.

## Lists

`{"count", "next", "previous", "results"}`, with `limit` (1 to 1000, 50 when not given) and `offset`; follow `next`
until it is null. `ordering=-gap_usd,code` orders; what is not reported comes last either way, and every order ends in
a key, so that pages of the same data never overlap. To pull a list whole, walk it by `cursor`, which rows that come or
go meanwhile do not disturb. `search` finds rows that hold all its words. Parameters that take
several values take them separated by commas or repeated, at most 100: `country=MLI,BFA` or `country=MLI&country=BFA`.
Codes in parameters may be written in small letters.

`fields=code,gap_usd` gives these columns alone, and `expand=countries` tells what a row names besides, under
`expanded`, as its own list has it: in lists and of single entries.

To follow changes, ask for `updated_since` with the time of your last call: every list has it, and every row its
`updated_at`. It does not tell what was taken away: `/api/v1/changes/` does.

## A past day

`as_of=2025-12-31` answers as of the end of that day (UTC): the revision in force then, contributions decided and
official totals reported by then; filters go by the figures of that day. Lists leave out what was not published yet, and
one plan asked for before its first publication is **404** with the day of it in `detail`. Today is the same as not
given; a day to come is **400**.

## Errors

An error is always JSON: `{"detail": sentence, "code": kind, "errors": {parameter: [sentence]}}`. A parameter that is
unknown, empty, given twice or malformed is **400** and named, never ignored: a slip of the pen does not return
everything. **404**: nothing published has this code. **405**: the address does not take the method; contributions
alone are written. **406**: no such format.

## Keys and limits

Reading takes no key. Without one there are 120 requests a minute for each address (each /64 of IPv6), with one 1,200
for each key; a download counts as five, 304 as one. Every answer tells what is left:
`RateLimit: "anonymous";r=117;t=42` is 117 requests within the next 42 seconds, and
`RateLimit-Policy: "anonymous";q=120;w=60` the limit, as in draft-ietf-httpapi-ratelimit-headers. What is too much is
**429** with `Retry-After`. Whoever runs this site may have set other limits: the headers say which.

A key is sent as `Authorization: Bearer crp_…`, never in the address. One that is not good is **401**, for reading too,
and `detail` says why; a key without the scope that an operation takes is **403**. Keys run out: ask for another in
time.

## Whose figures these are

Each plan names its sources: documents, the lines that each value was read from, and what was inferred. Terms of use and
contacts are those of whoever publishes this site and of the publishers of these documents.
"""
