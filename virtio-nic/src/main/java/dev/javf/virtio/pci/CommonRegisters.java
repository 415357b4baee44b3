package dev.javf.virtio.pci;

import dev.javf.linux.virtio.Virtio;
import dev.javf.virtio.DeviceStatus;
import dev.javf.virtio.DeviceStatus.Action;
import dev.javf.virtio.DeviceStatus.Change;
import dev.javf.virtio.Feature;
import dev.javf.virtio.net.VirtioNet;
import dev.javf.virtio.queue.QueueFault;

import org.jspecify.annotations.Nullable;

/**
 * The common configuration (VirtIO 1.2, 4.1.4.3): the registers by which a driver brings the device
 * up, with the device status deciding what they take. For one thread.
 */
final class CommonRegisters {
    static final int LENGTH_BYTES = 0x3C;

    static final int NO_VECTOR = Virtio.VIRTIO_MSI_NO_VECTOR();

    private static final int DEVICE_FEATURE_SELECT = 0x00;
    private static final int DEVICE_FEATURE = 0x04;
    private static final int DRIVER_FEATURE_SELECT = 0x08;
    private static final int DRIVER_FEATURE = 0x0C;
    private static final int CONFIG_MSIX_VECTOR = 0x10;
    private static final int NUM_QUEUES = 0x12;
    private static final int DEVICE_STATUS = 0x14;
    private static final int CONFIG_GENERATION = 0x15;
    private static final int QUEUE_SELECT = 0x16;
    private static final int QUEUE_SIZE = 0x18;
    private static final int QUEUE_MSIX_VECTOR = 0x1A;
    private static final int QUEUE_ENABLE = 0x1C;
    private static final int QUEUE_NOTIFY_OFF = 0x1E;
    private static final int QUEUE_DESC = 0x20;
    private static final int QUEUE_ADDRESSES_END = 0x38;
    private static final int QUEUE_RESET = 0x3A;

    /** What happens beside the registers. */
    interface Effects {
        /** The driver is to be told that the configuration changed, or the device failed. */
        void configurationInterrupt();

        /** ISR status and whatever else is outside these registers returns to its beginning. */
        void reset();

        /** The driver has broken a rule. */
        void violation(String reason);
    }

    private final VirtioNet device;
    private final int vectors;
    private final Effects effects;
    private final QueueRegisters[] queues;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private long driverFeatures;
    private int configVector = NO_VECTOR;
    private int status;
    private int generation;
    private boolean isConfigurationDirty;
    private int queueSelect;

    CommonRegisters(final VirtioNet device, final int vectors, final Effects effects) {
        this.device = device;
        this.vectors = vectors;
        this.effects = effects;
        queues = new QueueRegisters[device.queueCount()];
        for (int queue = 0; queue < queues.length; queue++) {
            queues[queue] = new QueueRegisters();
        }
        restoreQueues();
    }

    private void restoreQueues() {
        for (int queue = 0; queue < queues.length; queue++) {
            queues[queue].reset(device.maxQueueSize(queue));
        }
    }

    int status() {
        return status;
    }

    /** Whether the driver is to get interrupts about the configuration. */
    boolean isDriverReady() {
        return (status & DeviceStatus.DRIVER_OK) != 0;
    }

    int configVector() {
        return configVector;
    }

    int queueVector(final int queue) {
        return queues[queue].vector();
    }

    /** The driver may have seen the configuration as it was: the next generation is another. */
    void configurationChanged() {
        isConfigurationDirty = true;
    }

    /**
     * Reads the four bytes at an offset.
     *
     * @param offset a multiple of 4.
     */
    int read32(final int offset) {
        if (offset >= QUEUE_DESC && offset < QUEUE_ADDRESSES_END) {
            final QueueRegisters queue = selected();
            return queue == null ? 0 : queue.address(offset - QUEUE_DESC);
        }
        return switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect;
            case DEVICE_FEATURE -> half(device.offeredFeatures(), deviceFeatureSelect);
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect;
            case DRIVER_FEATURE -> half(driverFeatures, driverFeatureSelect);
            case CONFIG_MSIX_VECTOR & -4 -> configVector | device.queueCount() << 16;
            case DEVICE_STATUS -> status | generation() << 8 | queueSelect << 16;
            case QUEUE_SIZE -> {
                final QueueRegisters queue = selected();
                yield queue == null ? NO_VECTOR << 16 : queue.size() | queue.vector() << 16;
            }
            case QUEUE_ENABLE -> {
                final QueueRegisters queue = selected();
                yield queue == null ? 0 : (queue.isEnabled() ? 1 : 0) | queueSelect << 16;
            }
            // queue_notify_data isn't offered; a queue is reset at once, so it reads 0 again.
            default -> 0;
        };
    }

    private int generation() {
        if (isConfigurationDirty) {
            isConfigurationDirty = false;
            generation = (generation + 1) & 0xFF;
        }
        return generation;
    }

    /** Half of a set of features; there are only two (VirtIO 1.2, 4.1.4.3.1). */
    private static int half(final long features, final int select) {
        return switch (select) {
            case 0 -> (int) features;
            case 1 -> (int) (features >>> 32);
            default -> 0;
        };
    }

    /**
     * Writes a register. What the device status doesn't allow, and what is only to be read, is
     * dropped.
     *
     * @param offset of the register.
     * @param widthBytes of the access.
     * @param value zero-extended.
     * @return whether there is a register of that width.
     */
    boolean write(final int offset, final int widthBytes, final int value) {
        if (widthBytes != width(offset)) {
            return false;
        }
        if (offset >= QUEUE_DESC && offset < QUEUE_ADDRESSES_END) {
            final QueueRegisters queue = writable();
            if (queue != null) {
                queue.address(offset - QUEUE_DESC, value);
            }
            return true;
        }
        switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = value;
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect = value;
            case DRIVER_FEATURE -> driverFeature(value);
            case CONFIG_MSIX_VECTOR -> configVector = existing(value);
            case DEVICE_STATUS -> change(DeviceStatus.write(status, value));
            case QUEUE_SELECT -> queueSelect = value;
            case QUEUE_SIZE -> queueSize(value);
            case QUEUE_MSIX_VECTOR -> {
                final QueueRegisters queue = selected();
                if (queue != null) {
                    queue.vector(existing(value));
                }
            }
            case QUEUE_ENABLE -> {
                if (value == 1) {
                    enableQueue();
                }
            }
            case QUEUE_RESET -> {
                if (value == 1) {
                    resetQueue();
                }
            }
            default -> {
                // Only to be read.
            }
        }
        return true;
    }

    private static int width(final int offset) {
        return switch (offset) {
            case DEVICE_STATUS, CONFIG_GENERATION -> 1;
            case CONFIG_MSIX_VECTOR,
                    NUM_QUEUES,
                    QUEUE_SELECT,
                    QUEUE_SIZE,
                    QUEUE_MSIX_VECTOR,
                    QUEUE_ENABLE,
                    QUEUE_NOTIFY_OFF,
                    QUEUE_RESET ->
                    2;
            default -> (offset & 3) == 0 && offset < QUEUE_ADDRESSES_END ? 4 : 0;
        };
    }

    private void driverFeature(final int value) {
        if (DeviceStatus.acceptsFeatures(status)) {
            final long low = 0xFFFF_FFFFL;
            if (driverFeatureSelect == 0) {
                driverFeatures = (driverFeatures & ~low) | Integer.toUnsignedLong(value);
            } else if (driverFeatureSelect == 1) {
                driverFeatures = (driverFeatures & low) | ((long) value << 32);
            }
        }
    }

    private int existing(final int vector) {
        return vector < vectors ? vector : NO_VECTOR;
    }

    private @Nullable QueueRegisters selected() {
        return queueSelect < queues.length ? queues[queueSelect] : null;
    }

    /** The selected queue, if it may be set up now. */
    private @Nullable QueueRegisters writable() {
        final QueueRegisters queue = selected();
        return queue != null
                        && DeviceStatus.acceptsQueues(status)
                        && !queue.isEnabled()
                        && device.maxQueueSize(queueSelect) > 0
                ? queue
                : null;
    }

    private void queueSize(final int size) {
        final QueueRegisters queue = writable();
        if (queue == null) {
            return;
        }
        final int maxSize = device.maxQueueSize(queueSelect);
        final boolean isPacked = Feature.RING_PACKED.isIn(device.features());
        if (size == 0 || size > maxSize || (!isPacked && Integer.bitCount(size) != 1)) {
            needsReset(
                    "queue "
                            + queueSelect
                            + ": size "
                            + size
                            + " isn't possible, up to "
                            + maxSize
                            + " is");
        } else {
            queue.size(size);
        }
    }

    private void enableQueue() {
        final QueueRegisters queue = writable();
        if (queue == null) {
            return;
        }
        final QueueFault fault = device.enableQueue(queueSelect, queue.settings());
        if (fault == QueueFault.NONE) {
            queue.enable();
        } else {
            needsReset("queue " + queueSelect + ": " + fault.text() + ": " + queue.settings());
        }
    }

    private void resetQueue() {
        final QueueRegisters queue = selected();
        if (queue == null || !DeviceStatus.acceptsQueues(status)) {
            return;
        }
        if (!Feature.RING_RESET.isIn(device.features())) {
            needsReset("queue " + queueSelect + " was reset without RING_RESET");
            return;
        }
        device.resetQueue(queueSelect);
        queue.reset(device.maxQueueSize(queueSelect));
    }

    /**
     * Only a reset helps from now on.
     *
     * @param reason for the operator.
     */
    void needsReset(final String reason) {
        effects.violation(reason);
        change(DeviceStatus.deviceNeedsReset(status));
    }

    private void change(final Change change) {
        final int before = status;
        if (change.actions().contains(Action.RESET)) {
            reset();
            return;
        }
        if (change.actions().contains(Action.APPLY_FEATURES)) {
            final String objection = device.applyFeatures(driverFeatures);
            if (objection != null) {
                needsReset(objection);
                return;
            }
            restoreQueues();
        }
        status = change.status();
        device.statusChanged(before, status);
        if (change.actions().contains(Action.START)) {
            device.start();
        }
        if (change.actions().contains(Action.STOP)) {
            device.stop();
        }
        if (change.actions().contains(Action.NOTIFY_CONFIGURATION)) {
            effects.configurationInterrupt();
        }
        if ((change.status() & ~before & DeviceStatus.FAILED) != 0) {
            effects.violation("the driver has given up: FAILED");
        }
    }

    /** Everything returns to its state at power-up. */
    void reset() {
        device.reset();
        device.statusChanged(status, 0);
        status = 0;
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        driverFeatures = 0;
        configVector = NO_VECTOR;
        generation = 0;
        isConfigurationDirty = false;
        queueSelect = 0;
        restoreQueues();
        for (final QueueRegisters queue : queues) {
            queue.vector(NO_VECTOR);
        }
        effects.reset();
    }
}
