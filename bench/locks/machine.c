/*
 * machine.c - what the figures were measured on.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void machine_look(struct machine *machine)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    strcpy(machine->model, "unknown");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(machine->model, sizeof(machine->model), "%.120s", colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    machine->cores = cores > 0 ? (unsigned)cores : 1;
    if (getloadavg(&machine->load, 1) != 1) {
        machine->load = 0;
    }
}
