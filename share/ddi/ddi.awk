# Writes at which IRQL each function of the DDI is called, as C:
#   awk -v write=header -f ddi.awk TABLES > ddi_levels.h
#   awk -v write=table -f ddi.awk TABLES > ddi_table.c
# TABLES: irql.tsv and irql-kernel.tsv (name, level, page), then irql-codes.tsv (the bug check code of a
# function, of function(condition), or of a rule of Windows) and irql-special.tsv (levels at which another rule
# judges the call).
#
# A level is one of ANY, UNSPECIFIED, PASSIVE, <X, <=X, ==X, >=X, with X one of APC, DISPATCH, DIRQL, HIGH; or
# several with the condition of each in parentheses, joined by "|".  The function as a whole may then be called
# wherever one of them allows.  A function with two rows has two pages, and may be called where one allows.
function quoted(text)
{
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}
function failed(problem)
{
    print FILENAME ":" FNR ": " problem > "/dev/stderr"
    bad = 1
    exit 1
}
function identifier(text)
{
    gsub(/[^A-Za-z0-9]/, "_", text)
    return text
}
# Sets low and high to the range of a level without a condition.
function range(level)
{
    low = 0
    high = 15
    if (level == "ANY" || level == "UNSPECIFIED" || level == "PASSIVE|HIGH")
        return
    if (level == "PASSIVE") {
        high = 0
        return
    }
    name = level
    gsub(/[<=>]/, "", name)
    if (!(name in first) || level !~ /^(<=|==|>=|<)[A-Z]+$/)
        failed("unknown level " level)
    if (level ~ /^(<=|==)/)
        high = last[name]
    if (level ~ /^(>=|==)/)
        low = first[name]
    if (level ~ /^<[A-Z]/)
        high = first[name] - 1
}
function read_level(function_name, level,    condition)
{
    condition = ""
    if (match(level, /\(.*\)$/)) {
        condition = substr(level, RSTART + 1, RLENGTH - 2)
        level = substr(level, 1, RSTART - 1)
    }
    range(level)
    if (condition != "") {
        condition_of[++conditions] = function_name
        condition_text[conditions] = condition
        condition_low[conditions] = low
        condition_high[conditions] = high
    }
    if (!(function_name in lowest)) {
        names[++count] = function_name
        lowest[function_name] = low
        highest[function_name] = high
    }
    if (low < lowest[function_name])
        lowest[function_name] = low
    if (high > highest[function_name])
        highest[function_name] = high
}
# The code of what is called `key`; else that of the first of the rules that has one.
function code_of(key, function_name,    list, many, k)
{
    if (key in code)
        return code[key]
    if (function_name in code)
        return code[function_name]
    many = split(rules[function_name], list, ",")
    for (k = 1; k <= many; k++)
        if (list[k] in code)
            return code[list[k]]
    return "0xE5"
}
# "0x33" is parameter 1 of bug check 0xC4; "0x7C/0x14" is bug check 0x7C with parameter 1.
function code_text(text)
{
    return text ~ /\// ? substr(text, 1, index(text, "/") - 1) ", " substr(text, index(text, "/") + 1) : "0xC4, " text
}
# The rules of Windows about IRQL, separated by blanks.
function irql_rules(function_name,    list, many, k, text)
{
    many = split(rules[function_name], list, ",")
    for (k = 1; k <= many; k++)
        if (list[k] ~ /^Irql/)
            text = text (text == "" ? "" : " ") list[k]
    return text
}
function write_header(    i, key)
{
    print "#ifndef UNDIS_DDI_LEVELS_H\n#define UNDIS_DDI_LEVELS_H\n"
    print "enum ddi {"
    for (i = 1; i <= count; i++)
        print "    DDI_" names[i] ","
    print "    DDI_COUNT\n};\n\nenum ddi_level {"
    for (i = 1; i <= count; i++)
        printf "    DDI_LOWEST_%s = %d,\n    DDI_HIGHEST_%s = %d,\n", names[i], lowest[names[i]], names[i], \
            highest[names[i]]
    for (i = 1; i <= conditions; i++) {
        key = condition_of[i] "_" identifier(condition_text[i])
        printf "    DDI_LOWEST_%s = %d,\n    DDI_HIGHEST_%s = %d,\n", key, condition_low[i], key, condition_high[i]
    }
    print "};\n\n#endif"
}
function write_table(    i, name)
{
    print "#include \"ke/ddi.h\"\n\nconst struct ddi_row ddi_rows[DDI_COUNT] = {"
    for (i = 1; i <= count; i++) {
        name = names[i]
        printf "    {%s, %s,\n     %s, %s, %s, %d, %d, %s},\n", quoted(name), quoted(level_text[name]), \
            quoted(irql_rules(name)), quoted(page[name]), code_text(code_of(name, name)), lowest[name], highest[name], \
            kind[name] == "macro" ? "true" : "false"
    }
    print "};\n\nconst struct ddi_condition ddi_conditions[] = {"
    for (i = 1; i <= conditions; i++) {
        name = condition_of[i]
        printf "    {DDI_%s, %s, %s, %s},\n", name, quoted(identifier(condition_text[i])), quoted(condition_text[i]), \
            code_text(code_of(name "(" condition_text[i] ")", name))
    }
    print "    {DDI_COUNT, NULL, NULL, 0, 0},\n};\n\nconst struct ddi_special ddi_specials[] = {"
    for (i = 1; i <= specials; i++)
        printf "    {DDI_%s, %d, %d},\n", special_of[i], special_low[i], special_high[i]
    print "    {DDI_COUNT, 0, 0},\n};"
}
BEGIN {
    FS = "\t"
    first["APC"] = last["APC"] = 1
    first["DISPATCH"] = last["DISPATCH"] = 2
    first["DIRQL"] = 3
    last["DIRQL"] = 11
    first["HIGH"] = last["HIGH"] = 15
}
FNR == 1 {
    table = $3 == "irql" && $9 == "page" ? "levels" : $2 == "code" ? "codes" : $3 == "rule" ? "special" : ""
    if ($1 != "name" || table == "")
        failed("unexpected columns")
    columns = table == "levels" ? 9 : 3
    next
}
NF != columns { failed("malformed") }
table == "codes" {
    code[$1] = $2
    next
}
table == "special" {
    if (!($1 in kind))
        failed("unknown function " $1)
    range($2)
    special_of[++specials] = $1
    special_low[specials] = low
    special_high[specials] = high
    next
}
$2 == "callback" { next }
{
    parts = $3 == "PASSIVE|HIGH" ? 1 : split($3, part, "|")
    if (parts == 1)
        part[1] = $3
    for (i = 1; i <= parts; i++)
        read_level($1, part[i])
    if ($1 in kind) {
        level_text[$1] = level_text[$1] " or " $3
        next
    }
    kind[$1] = $2
    level_text[$1] = $3
    rules[$1] = $4
    page[$1] = $9
}
END {
    if (bad)
        exit 1
    print "/* Generated from share/ddi. */"
    if (write == "header")
        write_header()
    else
        write_table()
}
