/** What an administrator writes: javfd's configuration files, read, checked and documented. */
@NullMarked
package dev.javf.daemon.config;

import org.jspecify.annotations.NullMarked;
