package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;
import dev.javf.virtchnl.PtpTime;

import org.jspecify.annotations.Nullable;

/** Asks the PF for the device's time, while timestamps are wanted and granted. */
final class ClockProgram extends PeriodicQuestion {
    /** Often enough that no timestamp is ambiguous, even if some answers are lost. */
    private static final long PERIOD_NS = 250_000_000;

    private static final PtpTime QUESTION = new PtpTime(0);

    private final DeviceClock clock = new DeviceClock();

    ClockProgram(final DriverParts parts) {
        super(parts, Opcode.PTP_GET_TIME, PERIOD_NS);
    }

    /** The clock may be another one after a reset of the PF. */
    @Override
    void reset() {
        super.reset();
        clock.lastNs(DeviceClock.UNKNOWN);
    }

    int doWork(final boolean isWanted, final long nowNs) {
        return isWanted && isDue(nowNs) ? ask(QUESTION, nowNs) : 0;
    }

    @Override
    void onAnswer(final @Nullable Message body) {
        if (body instanceof final PtpTime time) {
            clock.lastNs(time.timeNs());
        }
    }

    DeviceClock clock() {
        return clock;
    }
}
