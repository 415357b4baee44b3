package dev.javf.iavf;

import dev.javf.virtchnl.Message;
import dev.javf.virtchnl.Opcode;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * All {@link Setting}s of a VF: sends what is due, several at once, in the order they were made.
 */
final class Settings {
    private final DriverParts parts;
    private final Differences differences;
    private final List<Setting> all = new ArrayList<>();

    Settings(final DriverParts parts, final Differences differences) {
        this.parts = parts;
        this.differences = differences;
    }

    Setting make(final Opcode opcode, final Difference.Item item, final String remedy) {
        final Setting setting = new Setting(opcode, item, remedy, differences);
        all.add(setting);
        return setting;
    }

    /** The VF was reset, or is about to be: the PF holds its defaults, and no answer will come. */
    void reset() {
        all.forEach(Setting::reset);
    }

    /** Whether the PF has answered for everything. */
    boolean isSettled() {
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).isSettled()) {
                return false;
            }
        }
        return true;
    }

    int doWork(final long nowNs) {
        int count = 0;
        for (int i = 0; i < all.size(); i++) {
            final Setting setting = all.get(i);
            if (setting.isDue(nowNs) && send(setting, nowNs)) {
                count++;
            }
        }
        return count;
    }

    private boolean send(final Setting setting, final long nowNs) {
        final Setting.Wish wish = setting.toSend();
        final AnswerHandler handler =
                new AnswerHandler() {
                    @Override
                    public void onAnswer(
                            final int status, final @Nullable Message body, final long now) {
                        setting.onAnswer(status, now);
                    }

                    @Override
                    public void onTimeout(final long now) {
                        setting.onTimeout(now);
                    }
                };
        final boolean taken =
                parts.channel().send(setting.opcode(), wish.message(), handler, nowNs);
        if (taken) {
            setting.onSent(wish);
        }
        return taken;
    }

    void onUnaskedAnswer(final Opcode opcode) {
        for (final Setting setting : all) {
            if (setting.opcode() == opcode) {
                setting.onUnaskedAnswer();
            }
        }
    }
}
