package dev.javf.iavf;

import dev.javf.vfio.PciDeviceCondition;
import dev.javf.virtchnl.Event;

/** The ways to lose a VF that {@link ScheduleActions} doesn't have. */
final class ScheduleResets {
    private ScheduleResets() {}

    /** The PF says that it will reset the VF, so many times, and doesn't. */
    record Announced(int times) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            for (int i = 0; i < times; i++) {
                world.event(new Event.ResetImpending());
            }
        }
    }

    /** The PF says that its driver goes away, and perhaps it does, and comes back. */
    record DriverCloses(boolean isTrue) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.event(new Event.PfDriverClose());
            if (isTrue) {
                world.run(1_000_000);
                world.host().resetPhysicalFunctionSilently();
            }
        }
    }

    /** One reset after the other. */
    record Storm(int resets, long gapNs) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            for (int i = 0; i < resets; i++) {
                world.host().resetVirtualFunction(ScheduleWorld.VF);
                world.run(gapNs);
            }
        }
    }

    /** Nothing answers on the bus for a while; then the function is there again, after a reset. */
    record Vanish(long forNs) implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.device().isSilent = true;
            world.run(forNs);
            world.host().resetVirtualFunction(ScheduleWorld.VF);
            world.run(0);
            world.device().isSilent = false;
        }
    }

    /** The system reports a PCI Express error. */
    record PciError() implements ScheduleStep.Action {
        @Override
        public void run(final ScheduleWorld world) {
            world.device().condition = PciDeviceCondition.ERROR;
        }
    }
}
