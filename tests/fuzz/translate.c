/*
 * translate.c - the source text that `undis cc` rewrites, and the WPP declarations that it looks for.
 */
#include "fuzz.h"

#include "cli/cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    for (int cplusplus = 0; cplusplus < 2; cplusplus++) {
        size_t translated_size = 0;
        char *translated = cc_translate(text, size, cplusplus != 0, &translated_size);
        size_t lines = 0, translated_lines = 0;
        for (size_t i = 0; i < size; i++) {
            lines += text[i] == '\n';
        }
        for (size_t i = 0; translated != NULL && i < translated_size; i++) {
            translated_lines += translated[i] == '\n';
        }
        if (translated == NULL || lines != translated_lines) {
            fprintf(stderr, "%zu lines became %zu\n", lines, translated_lines);
            abort();
        }
        free(translated);
    }
    struct cc_list functions = {0};
    cc_wpp_scan(text, &functions);
    cc_list_free(&functions);
    free(text);
}
