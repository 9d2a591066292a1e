/*
 * svg.c - the results as a picture.
 */
#include "svg.h"

#include "contender.h"
#include "machine.h"
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 1000
#define HEIGHT 470
#define TOP 60
#define BAR_LEFT 240
#define BAR_WIDTH 200
#define BAR_HEIGHT 18
#define PLOT_LEFT 540
#define PLOT_WIDTH 240
#define PLOT_HEIGHT 340

/* undis and the rivals that stand for their kind. */
static const struct {
    const char *name, *colour;
} drawn[] = {{"NdisAcquireSpinLock inlined", "#d62728"},
             {"xchg + store", "#7f7f7f"},
             {"pthread_spin", "#1f77b4"},
             {"pthread_mutex", "#17becf"},
             {"ck fas", "#2ca02c"},
             {"ck ticket", "#bcbd22"},
             {"ck mcs", "#8c564b"},
             {"DPDK spin", "#9467bd"}};
#define DRAWN (sizeof(drawn) / sizeof(drawn[0]))

static const unsigned crowds[] = {1, 2, 4, 8, 16, 64};
#define CROWDS (sizeof(crowds) / sizeof(crowds[0]))

static void text(FILE *file, double x, double y, const char *anchor, const char *what)
{
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what);
}

static bool is_undis(const struct contender *contender)
{
    return contender->package[0] == '\0' && contender->place != ON_HOST;
}

/* ---- bars -------------------------------------------------------------------------------------- */

static double longest_bar(void)
{
    double longest = 1;
    for (unsigned i = 0; i < contender_count; i++) {
        longest = fmax(longest, result_of("pair", contenders[i]->name, 1));
        longest = fmax(longest, result_of("pair shared", contenders[i]->name, 1));
    }
    return longest;
}

static void bar(FILE *file, double y, double height, double part, const char *colour, double opacity)
{
    fprintf(file,
            "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" fill-opacity=\"%.2f\"/>\n",
            BAR_LEFT, y, BAR_WIDTH * part, height, colour, opacity);
}

static void draw_bars(FILE *file)
{
    double longest = longest_bar(), y = TOP;
    text(file, 20, 30, "start",
         "Acquire and release, nobody else, in ns (pale: once two have fought for it)");
    for (unsigned i = 0; i < contender_count; i++) {
        double alone = result_of("pair", contenders[i]->name, 1);
        double shared = result_of("pair shared", contenders[i]->name, 1);
        if (contenders[i]->family != SPIN_LOCK || isnan(alone) || isnan(shared)) {
            continue;
        }
        const char *colour = is_undis(contenders[i]) ? "#d62728" : "#1f77b4";
        char label[32];
        text(file, BAR_LEFT - 8, y + 12, "end", contenders[i]->name);
        bar(file, y, 8, alone / longest, colour, 1);
        bar(file, y + 8, 6, shared / longest, colour, 0.4);
        snprintf(label, sizeof(label), "%.1f", alone);
        text(file, BAR_LEFT + BAR_WIDTH * alone / longest + 5, y + 10, "start", label);
        y += BAR_HEIGHT + 4;
    }
}

/* ---- lines ------------------------------------------------------------------------------------- */

/* Decades from 0.01 to 1000 M/s. */
static double plot_y(double value)
{
    double part = (log10(fmax(value, 0.01)) + 2) / 5;
    return TOP + PLOT_HEIGHT * (1 - part);
}

static double plot_x(unsigned crowd)
{
    return PLOT_LEFT + PLOT_WIDTH * (double)crowd / (CROWDS - 1);
}

static void draw_axes(FILE *file)
{
    text(file, PLOT_LEFT - 40, 30, "start", "Pairs of all together, in millions a second, by processors");
    for (int decade = -2; decade <= 3; decade++) {
        char label[16];
        double y = plot_y(pow(10, decade));
        fprintf(file, "<path d=\"M%d %.1fH%d\" stroke=\"#dddddd\"/>\n", PLOT_LEFT, y, PLOT_LEFT + PLOT_WIDTH);
        snprintf(label, sizeof(label), "%g", pow(10, decade));
        text(file, PLOT_LEFT - 8, y + 4, "end", label);
    }
    for (unsigned i = 0; i < CROWDS; i++) {
        char label[16];
        snprintf(label, sizeof(label), "%u", crowds[i]);
        text(file, plot_x(i), TOP + PLOT_HEIGHT + 20, "middle", label);
    }
}

static void draw_line(FILE *file, const char *name, const char *colour, double label_y)
{
    bool any = false;
    double last = NAN, at = 0;
    fputs("<path d=\"", file);
    for (unsigned i = 0; i < CROWDS; i++) {
        double value = result_of("contended", name, crowds[i]);
        if (!isnan(value)) {
            fprintf(file, "%c%.1f %.1f", any ? 'L' : 'M', plot_x(i), plot_y(value));
            any = true;
            last = plot_y(value);
            at = plot_x(i);
        }
    }
    fprintf(file, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%d\"/>\n", colour, name[0] == 'N' ? 4 : 2);
    if (any) {
        fprintf(file, "<path d=\"M%.1f %.1fL%d %.1f\" stroke=\"%s\" stroke-dasharray=\"2 3\"/>\n", at, last,
                PLOT_LEFT + PLOT_WIDTH + 30, label_y - 4, colour);
        text(file, PLOT_LEFT + PLOT_WIDTH + 35, label_y, "start", name);
    }
}

/* The names stand in the order in which the lines end, from the top. */
static void draw_lines(FILE *file)
{
    bool done[DRAWN] = {false};
    for (unsigned n = 0; n < DRAWN; n++) {
        unsigned best = 0;
        double most = -1;
        for (unsigned i = 0; i < DRAWN; i++) {
            double end = 0;
            for (unsigned c = 0; c < CROWDS; c++) {
                double value = result_of("contended", drawn[i].name, crowds[c]);
                end = isnan(value) ? end : value;
            }
            if (!done[i] && end > most) {
                most = end;
                best = i;
            }
        }
        done[best] = true;
        draw_line(file, drawn[best].name, drawn[best].colour, TOP + 30 + 38.0 * n);
    }
}

bool svg_write(const char *name)
{
    struct machine machine;
    char note[256];
    FILE *file = fopen(name, "w");
    if (file == NULL) {
        fprintf(stderr, "bench: cannot write %s\n", name);
        return false;
    }
    machine_look(&machine);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
            "font-size=\"13\">\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_bars(file);
    draw_axes(file);
    draw_lines(file);
    snprintf(note, sizeof(note), "Medians of one run of make bench: %u cores, %s", machine.cores,
             machine.model);
    text(file, 20, HEIGHT - 12, "start", note);
    fputs("</svg>\n", file);
    return fclose(file) == 0;
}
