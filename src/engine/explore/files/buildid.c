/*
 * buildid.c - what tells one driver file from another: the linker's build id, else a checksum.
 */
#include "engine/explore/files/setup.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

static bool note_in(Elf_Data *data, char id[BUILD_ID_SIZE])
{
    GElf_Nhdr note;
    size_t name, description, next, offset = 0;
    while (data != NULL && (next = gelf_getnote(data, offset, &note, &name, &description)) > 0) {
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
            memcmp((const char *)data->d_buf + name, "GNU", sizeof("GNU")) == 0 && note.n_descsz > 0 &&
            note.n_descsz <= (BUILD_ID_SIZE - 1) / 2) {
            const unsigned char *bytes = (const unsigned char *)data->d_buf + description;
            for (size_t i = 0; i < note.n_descsz; i++) {
                snprintf(id + 2 * i, 3, "%02x", bytes[i]);
            }
            return true;
        }
        offset = next;
    }
    return false;
}

static bool find_note(int file, char id[BUILD_ID_SIZE])
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(file, ELF_C_READ, NULL);
    size_t count = 0;
    bool found = false;
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &count) == 0) {
        for (size_t i = 0; !found && i < count; i++) {
            GElf_Phdr segment;
            if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_NOTE) {
                found = note_in(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
                                                     segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
                                id);
            }
        }
    }
    elf_end(elf);
    return found;
}

static bool checksum(int file, char id[BUILD_ID_SIZE])
{
    uint64_t sum = SEALED_CHECKSUM;
    unsigned char buffer[65536];
    ssize_t got;
    if (lseek(file, 0, SEEK_SET) < 0) {
        return false;
    }
    while ((got = read(file, buffer, sizeof(buffer))) > 0) {
        sum = sealed_checksum(sum, buffer, (size_t)got);
    }
    snprintf(id, BUILD_ID_SIZE, "%016" PRIx64, sum);
    return got == 0;
}

bool build_id_of(const char *path, char id[BUILD_ID_SIZE], char *error, size_t error_size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = file >= 0 && (find_note(file, id) || checksum(file, id));
    if (!good) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
    }
    if (file >= 0) {
        close(file);
    }
    return good;
}
