# Writes the rule table as C: awk -f rules.awk rules.tsv > rules.c
function quoted(text)
{
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}
BEGIN {
    FS = "\t"
    print "/* Generated from src/verifier/rules.tsv. */"
    print "#include \"report/finding.h\"\n"
    print "const struct rule rules[] = {"
}
NR == 1 {
    if ($1 != "rule" || $5 != "state" || $6 != "severity" || $7 != "ddi_compliance") {
        print "rules.tsv: unexpected columns" > "/dev/stderr"
        exit 1
    }
    next
}
{
    if (NF != 7 || ($5 != "on" && $5 != "not-checked") || ($6 != "error" && $6 != "warning")) {
        print "rules.tsv:" NR ": malformed" > "/dev/stderr"
        exit 1
    }
    printf "    {%s, %s,\n     %s, %s, %s, %s},\n", quoted($1), quoted($2), quoted($3), quoted($7), \
        $5 == "on" ? "RULE_ON" : "RULE_NOT_CHECKED", $6 == "error" ? "UNDIS_ERROR" : "UNDIS_WARNING"
}
END {
    print "};"
    print "const size_t rules_count = sizeof(rules) / sizeof(rules[0]);"
}
