# Turns offsets.tsv into a C source that asserts every row at compile time.
BEGIN {
    FS = "\t"
    print "/* Generated from offsets.tsv. */"
    print "#include <ndis.h>"
    print "#include <stddef.h>"
    print "#ifdef __cplusplus"
    print "#define _Alignof alignof"
    print "#endif"
    print ""
}
NR > 1 && NF >= 4 {
    if ($2 == "sizeof") {
        expression = "sizeof(" $1 ")"
    } else if ($2 == "align") {
        expression = "_Alignof(" $1 ")"
    } else {
        expression = "offsetof(" $1 ", " $2 ")"
    }
    printf "C_ASSERT(%s == %s);\n", expression, $4
    rows++
}
END {
    if (rows < 1) {
        print "#error \"offsets.tsv has no rows\""
    }
}
