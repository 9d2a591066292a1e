/*
 * number.c - numbers as a person reads them.
 */
#include "report/number.h"

#include <stdio.h>

const char *number_grouped(uint64_t value, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    int at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[at++] = ',';
        }
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

const char *number_duration(uint64_t ns, char text[32])
{
    static const struct {
        uint64_t unit;
        const char *name;
    } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}};
    for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (ns >= units[i].unit) {
            double value = (double)ns / (double)units[i].unit;
            snprintf(text, 32, value < 10 ? "%.1f %s" : "%.0f %s", value, units[i].name);
            return text;
        }
    }
    snprintf(text, 32, "%llu ns", (unsigned long long)ns);
    return text;
}

const char *number_irql(unsigned irql, char text[32])
{
    switch (irql) {
    case 0:
        return "PASSIVE_LEVEL";
    case 1:
        return "APC_LEVEL";
    case 2:
        return "DISPATCH_LEVEL";
    case 13:
        return "CLOCK_LEVEL";
    case 15:
        return "HIGH_LEVEL";
    default:
        snprintf(text, 32, irql >= 3 && irql <= 11 ? "DIRQL %u" : "IRQL %u", irql);
        return text;
    }
}
