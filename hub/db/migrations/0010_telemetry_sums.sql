CREATE TABLE `telemetry_boots` (
	`seq` integer PRIMARY KEY NOT NULL,
	`catalogue` text NOT NULL,
	`edge_id` text NOT NULL,
	`boot_id` text NOT NULL,
	`windows` integer NOT NULL,
	`last_seq` integer NOT NULL,
	`holes` text NOT NULL,
	`dropped` integer NOT NULL,
	`last_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `telemetry_boots_key` ON `telemetry_boots` (`edge_id`,`boot_id`);--> statement-breakpoint
CREATE INDEX `telemetry_boots_last` ON `telemetry_boots` (`catalogue`,`last_at`);--> statement-breakpoint
CREATE TABLE `telemetry_sums` (
	`seq` integer PRIMARY KEY NOT NULL,
	`catalogue` text NOT NULL,
	`edge_id` text NOT NULL,
	`span` text NOT NULL,
	`start` integer NOT NULL,
	`digest` text NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `telemetry_sums_key` ON `telemetry_sums` (`catalogue`,`edge_id`,`span`,`start`,`digest`);--> statement-breakpoint
CREATE INDEX `telemetry_sums_age` ON `telemetry_sums` (`catalogue`,`span`,`start`);