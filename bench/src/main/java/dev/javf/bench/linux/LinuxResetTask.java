package dev.javf.bench.linux;

import dev.javf.iavf.Registers;

/**
 * The waiting part of Linux' iavf reset task: until the mailbox is seen disabled, then until the PF
 * says that the VF is active. Both by sleeping and looking.
 */
final class LinuxResetTask {
    private final Registers registers;
    private Step step = Step.IDLE;
    private int looks;
    private long nextNs;

    private enum Step {
        IDLE,
        START,
        END
    }

    /** How far the wait has come. */
    enum Progress {
        WAITING,
        ACTIVE,
        TIMED_OUT
    }

    LinuxResetTask(final Registers registers) {
        this.registers = registers;
    }

    /** Starts to wait, unless it does already. */
    void begin(final long nowNs) {
        if (step == Step.IDLE) {
            step = Step.START;
            looks = 0;
            nextNs = nowNs;
        }
    }

    boolean isRunning() {
        return step != Step.IDLE;
    }

    Progress poll(final long nowNs) {
        if (step == Step.START && nowNs >= nextNs) {
            final boolean isDisabled =
                    (registers.read(Registers.VF_ARQLEN1) & Registers.LEN_ENABLE) == 0
                            || registers.read(Registers.VF_ARQLEN1) == Registers.IN_RESET;
            nextNs += LinuxTimings.START_POLL_NS;
            if (isDisabled || ++looks == LinuxTimings.START_POLLS) {
                step = Step.END;
                looks = 0;
                nextNs = nowNs + LinuxTimings.STATUS_POLL_NS;
            }
        } else if (step == Step.END && nowNs >= nextNs) {
            final int status = registers.read(Registers.VFGEN_RSTAT);
            nextNs += LinuxTimings.STATUS_POLL_NS;
            if (status != Registers.IN_RESET
                    && (status & Registers.RSTAT_MASK) == Registers.RSTAT_VF_ACTIVE) {
                step = Step.IDLE;
                return Progress.ACTIVE;
            }
            if (++looks == LinuxTimings.STATUS_POLLS) {
                step = Step.IDLE;
                return Progress.TIMED_OUT;
            }
        }
        return Progress.WAITING;
    }
}
