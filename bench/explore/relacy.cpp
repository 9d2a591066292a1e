/*
 * relacy.cpp - the bench's programs for Relacy, compiled by the bench when RELACY_DIR says where it is.
 *
 *   relacy PROGRAM random|full ITERATIONS
 *
 * prints the number of iterations made; ITERATIONS 0: until a failure.
 */
#include <relacy/relacy.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

template <rl::thread_id_t Threads, int Times>
struct counter : rl::test_suite<counter<Threads, Times>, Threads> {
    rl::atomic<int> x;

    void before()
    {
        x($).store(0);
    }

    void thread(unsigned)
    {
        for (int i = 0; i < Times; i++) {
            int seen = x($).load();
            x($).store(seen + 1);
        }
    }
};

struct lost_update : rl::test_suite<lost_update, 2> {
    rl::atomic<int> count, other;

    void before()
    {
        count($).store(0);
        other($).store(0);
    }

    void thread(unsigned number)
    {
        for (int i = 0; number == 0 && i < 8; i++) {
            other($).store(i);
        }
        int seen = count($).load();
        count($).store(seen + 1);
    }

    void after()
    {
        RL_ASSERT(count($).load() == 2);
    }
};

struct abba : rl::test_suite<abba, 2> {
    rl::mutex lock[2];
    rl::var<int> count;

    void before()
    {
        count($) = 0;
    }

    void thread(unsigned first)
    {
        for (int i = 0; i < 2; i++) {
            lock[first].lock($);
            lock[1 - first].lock($);
            count($) = (int)count($) + 1;
            lock[1 - first].unlock($);
            lock[first].unlock($);
        }
    }
};

struct late_reference : rl::test_suite<late_reference, 2> {
    rl::atomic<int> references, freed, work;

    void before()
    {
        references($).store(1);
        freed($).store(0);
        work($).store(0);
    }

    void thread(unsigned number)
    {
        for (int i = 0; i < 5; i++) {
            if (number == 0) {
                work($).store(i);
            } else {
                work($).load();
            }
        }
        if (number == 0) {
            if (references($).fetch_sub(1) == 1) {
                freed($).store(1);
            }
        } else if (references($).load() > 0) {
            references($).fetch_add(1);
            RL_ASSERT(!freed($).load());
            references($).fetch_sub(1);
        }
    }
};

template <class Program> static void run(bool full, unsigned long iterations)
{
    static std::ofstream quiet("/dev/null");
    rl::test_params parameters;
    parameters.output_stream = &quiet;
    parameters.progress_stream = &quiet;
    parameters.search_type = full ? rl::fair_full_search_scheduler_type : rl::random_scheduler_type;
    parameters.iteration_count = iterations != 0 ? iterations : 100000000;
    rl::simulate<Program>(parameters);
    std::printf("%lu\n", (unsigned long)parameters.stop_iteration);
}

int main(int count, char **arguments)
{
    if (count != 4) {
        return 2;
    }
    const char *program = arguments[1];
    bool full = std::strcmp(arguments[2], "full") == 0;
    unsigned long iterations = std::strtoul(arguments[3], nullptr, 10);
    if (std::strcmp(program, "counter-2x4") == 0) {
        run<counter<2, 4>>(full, iterations);
    } else if (std::strcmp(program, "counter-3x5") == 0) {
        run<counter<3, 5>>(full, iterations);
    } else if (std::strcmp(program, "lost_update") == 0) {
        run<lost_update>(full, iterations);
    } else if (std::strcmp(program, "abba") == 0) {
        run<abba>(full, iterations);
    } else if (std::strcmp(program, "late_reference") == 0) {
        run<late_reference>(full, iterations);
    } else {
        return 2;
    }
    return 0;
}
