# Writes the IRQL that each function of the DDI is called at, as C:
#   awk -v write=header -f ddi.awk irql.tsv irql-kernel.tsv > ddi_levels.h
#   awk -v write=table -f ddi.awk irql.tsv irql-kernel.tsv > ddi_table.c
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
# Sets low and high to the range of a level without a condition.
function range(level)
{
    low = 0
    high = 15
    if (level == "ANY" || level == "UNSPECIFIED")
        return
    if (level == "PASSIVE") {
        high = 0
        return
    }
    name = level
    gsub(/[<=>]/, "", name)
    if (!(name in first))
        failed("unknown level " level)
    if (level ~ /^(<=|==)/)
        high = last[name]
    if (level ~ /^(>=|==)/)
        low = first[name]
    if (level ~ /^<[A-Z]/)
        high = first[name] - 1
    if (level !~ /^(<=|==|>=|<)?[A-Z]+$/)
        failed("unknown level " level)
}
function add_condition(name, condition, low, high,    key)
{
    gsub(/[^A-Za-z0-9]/, "_", condition)
    key = name "_" condition
    conditions = conditions sprintf("    DDI_LOWEST_%s = %d,\n    DDI_HIGHEST_%s = %d,\n", key, low, key, high)
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
    if ($1 != "name" || $2 != "kind" || $3 != "irql" || $4 != "ddi_compliance_rules" || $9 != "page")
        failed("unexpected columns")
    next
}
NF != 9 { failed("malformed") }
$2 == "callback" { next }
{
    parts = split($3, part, "|")
    for (i = 1; i <= parts; i++) {
        level = part[i]
        condition = ""
        if (match(level, /\(.*\)$/)) {
            condition = substr(level, RSTART + 1, RLENGTH - 2)
            level = substr(level, 1, RSTART - 1)
        }
        range(level)
        if (condition != "")
            add_condition($1, condition, low, high)
        if (!($1 in lowest)) {
            names[++count] = $1
            lowest[$1] = low
            highest[$1] = high
        }
        if (low < lowest[$1])
            lowest[$1] = low
        if (high > highest[$1])
            highest[$1] = high
    }
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
    if (write == "header") {
        print "/* Generated from share/ddi/irql.tsv and share/ddi/irql-kernel.tsv. */"
        print "#ifndef UNDIS_DDI_LEVELS_H\n#define UNDIS_DDI_LEVELS_H\n"
        print "enum ddi {"
        for (i = 1; i <= count; i++)
            print "    DDI_" names[i] ","
        print "    DDI_COUNT\n};\n\nenum ddi_level {"
        for (i = 1; i <= count; i++)
            printf "    DDI_LOWEST_%s = %d,\n    DDI_HIGHEST_%s = %d,\n", names[i], lowest[names[i]], names[i], \
                highest[names[i]]
        printf "%s};\n\n#endif\n", conditions
    } else {
        print "/* Generated from share/ddi/irql.tsv and share/ddi/irql-kernel.tsv. */"
        print "#include \"ke/ddi.h\"\n\nconst struct ddi_row ddi_rows[DDI_COUNT] = {"
        for (i = 1; i <= count; i++) {
            name = names[i]
            printf "    {%s, %s,\n     %s, %s, %d, %d, %s},\n", quoted(name), quoted(level_text[name]), \
                quoted(rules[name]), quoted(page[name]), lowest[name], highest[name], \
                kind[name] == "macro" ? "true" : "false"
        }
        print "};"
    }
}
