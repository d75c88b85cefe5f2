#!/usr/bin/env bash
# Fails when a file includes from a folder that its own may not use.
# What each folder may use is the table of "The house" in CONTRIBUTING.md: a folder may use what its row names, and what those
# may use. Usage: check_layers.sh ROOT
set -euo pipefail
cd "$1"

# engine/espgang.h, the contract with programs, includes nothing of ours: every folder may include it.
find . \( -name '*.[ch]' -o -name '*.cc' \) -not -path './build/*' -not -path './tests/*' -not -path './.*/*' | sed 's|^\./||' |
  LC_ALL=C sort | xargs awk -v contract=engine/espgang.h '
function complain(text) { print text; failed = 1 }

# folder_of("engine/link/slip.h") = "engine/link"
function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }

# The folder that the row of `row` means by `name`: its whole path, one beside it, or one of engine/.
function resolve(name, row) {
    if (name in rows) return name
    sub(/[^\/]*$/, "", row)
    if (row name in rows) return row name
    return "engine/" name in rows ? "engine/" name : ""
}

function allow(row, name,    part, count, i, other) {
    if ((row, name) in allowed) return
    allowed[row, name] = 1
    count = split(rows[name], part, / *, */)
    for (i = 1; i <= count; i++) {
        other = part[i]
        if (other ~ /\.h$/ || other == "all") { allowed[row, other] = 1; continue }
        if (other == "" || other == "-" || other == "—") continue
        other = resolve(other, name)
        if (other != "") allow(row, other)
        else if (row == name) complain("CONTRIBUTING.md: " row " may use " part[i] ", which is no folder of the table")
    }
}

function check(file, line, included,    from, to) {
    if (included !~ /\// || included ~ /(^|\/)\.\.?\//) {
        complain(file ":" line ": includes \"" included "\": write its path from the root of the project"); return
    }
    if (included == contract) return
    from = folder_of(file); to = folder_of(included)
    if (from == to || (from, to) in allowed || (from, included) in allowed || (from, "all") in allowed) return
    complain(file ":" line ": " from " may not include from " to " (" included ")")
}

# The table.
FILENAME == "CONTRIBUTING.md" {
    if (/^## /) in_house = /^## The house/
    if (in_house && /^\| `/) {
        split($0, cell, "|")
        gsub(/[ `]/, "", cell[2]); gsub(/`/, "", cell[4]); gsub(/^ +| +$/, "", cell[4])
        count = split(cell[2], names, ",")
        for (i = 1; i <= count; i++) { sub(/\/$/, "", names[i]); rows[names[i]] = cell[4]; sub(/\/.*/, "", names[i]); tops[names[i]] = 1 }
    }
    next
}

FNR == 1 {
    if (!read_table++) {
        for (row in rows) allow(row, row)
        for (row in rows) for (other in rows)
            if (row < other && (row, other) in allowed && (other, row) in allowed)
                complain("CONTRIBUTING.md: " row " and " other " may use each other")
    }
    folder = folder_of(FILENAME)
    top = folder; sub(/\/.*/, "", top)
    if (top in tops && !(folder in rows) && !(folder in missed) && FILENAME != contract) {
        missed[folder] = 1
        complain(FILENAME ": " folder " is not in the table of CONTRIBUTING.md")
    }
    joined = ""
}

# Every form: #include "x", # include<x>, %:include, ??=include, with comments or an escaped line end inside.
{
    text = joined $0
    if (text ~ /\\$/) { joined = substr(text, 1, length(text) - 1); next }
    joined = ""
    if (text !~ /include|import/) next
    gsub(/\/\*[^*]*\*+([^\/*][^*]*\*+)*\//, " ", text)
    if (text !~ /^[ \t]*(#|%:|\?\?=)[ \t]*(include|include_next|import)[^a-z_]/) next
    sub(/^[ \t]*(#|%:|\?\?=)[ \t]*[a-z_]+[ \t]*/, "", text)
    quote = substr(text, 1, 1)
    if (quote != "\"" && quote != "<") {
        complain(FILENAME ":" FNR ": includes what a macro names: write the path"); next
    }
    text = substr(text, 2)
    sub(quote == "<" ? ">.*" : "\".*", "", text)
    top = text; sub(/\/.*/, "", top)
    if (quote == "<") {
        if (!(text ~ /\// && (top in tops || top == "tests" || top == "." || top == "..")) || FILENAME ~ /^tools\/examples\//) next
        complain(FILENAME ":" FNR ": <" text "> is of this project: write it in quotes")
    }
    if (top == "tests" && !((folder, "all") in allowed))
        complain(FILENAME ":" FNR ": only tests include from tests (" text ")")
    else
        check(FILENAME, FNR, text)
}
END { exit failed }
' CONTRIBUTING.md
