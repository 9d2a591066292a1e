/*
 * thread.c - host threads and their control regions.
 */
#include "host/host.h"
#include "host/trap.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(UNDIS_REGION_TLS)
#include <asm/prctl.h>
#include <sys/auxv.h>

#define HWCAP2_WRITES_GS_BASE 2u /* HWCAP2_FSGSBASE: the kernel lets programs use the instruction */

void host_region_set(void *region)
{
    syscall(SYS_arch_prctl, ARCH_SET_GS, region);
}

void host_region_switch(void *region)
{
    static int direct = -1;
    if (direct < 0) {
        direct = (getauxval(AT_HWCAP2) & HWCAP2_WRITES_GS_BASE) != 0;
    }
    if (direct) {
        __asm__ volatile("wrgsbase %0" ::"r"(region) : "memory");
    } else {
        host_region_set(region);
    }
}
#else
static __thread void *host_region_of_thread;

void host_region_set(void *region)
{
    host_region_of_thread = region;
}

void host_region_switch(void *region)
{
    host_region_of_thread = region;
}

/* Not inlined, so that no caller keeps the thread-local's address across a context switch. */
__attribute__((noinline)) void *host_region_get(void)
{
    __asm__ volatile("" ::: "memory");
    return host_region_of_thread;
}
#endif

static void *default_region;

void host_region_set_default(void *region)
{
    default_region = region;
    host_region_set(region);
}

static void *host_thread_main(void *argument)
{
    struct host_thread *thread = argument;
    host_region_set(thread->region != NULL ? thread->region : default_region);
    if (thread->name != NULL) {
        pthread_setname_np(pthread_self(), thread->name);
    }
    host_trap_stack_install();
    thread->pid = getpid();
    __atomic_store_n(&thread->tid, (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
    host_wake((volatile uint32_t *)&thread->tid, 1);
    thread->body(thread->argument);
    host_trap_stack_remove();
    return NULL;
}

int host_thread_start(struct host_thread *thread, void (*body)(void *), void *argument)
{
    pthread_t handle;
    thread->body = body;
    thread->argument = argument;
    thread->tid = 0;
    int error = pthread_create(&handle, NULL, host_thread_main, thread);
    if (error != 0) {
        return error;
    }
    thread->handle = (unsigned long)handle;
    while (__atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE) == 0) {
        host_wait((volatile uint32_t *)&thread->tid, 0, 0);
    }
    return 0;
}

void host_thread_join(struct host_thread *thread)
{
    pthread_join((pthread_t)thread->handle, NULL);
}

unsigned long host_thread_self(void)
{
    return (unsigned long)pthread_self();
}

void host_thread_interrupt(const struct host_thread *thread)
{
    syscall(SYS_tgkill, thread->pid != 0 ? thread->pid : getpid(), thread->tid, HOST_INTERRUPT_SIGNAL);
}

/* Field 3 of the kernel's line about the thread, behind the name in parentheses. */
bool host_thread_sleeps(const struct host_thread *thread)
{
    char path[64], line[256];
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread->tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t length = read(file, line, sizeof(line) - 1);
    close(file);
    line[length > 0 ? length : 0] = 0;
    const char *name_end = strrchr(line, ')');
    return name_end != NULL && name_end[1] == ' ' && (name_end[2] == 'S' || name_end[2] == 'D');
}
