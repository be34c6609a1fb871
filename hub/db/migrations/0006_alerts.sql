CREATE TABLE `alerts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`catalogue` text NOT NULL,
	`key` text NOT NULL,
	`kind` text NOT NULL,
	`severity` text NOT NULL,
	`state` text NOT NULL,
	`message` text NOT NULL,
	`details` text,
	`raised_at` text NOT NULL,
	`last_raised_at` text NOT NULL,
	`times` integer NOT NULL,
	`acknowledged_at` text,
	`acknowledged_by` text,
	`muted_until` text,
	`muted_by` text,
	`resolved_at` text,
	`resolved_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_id_unique` ON `alerts` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_one_open` ON `alerts` (`catalogue`,`key`) WHERE state <> 'resolved';--> statement-breakpoint
CREATE INDEX `alerts_key` ON `alerts` (`catalogue`,`key`,`seq`);--> statement-breakpoint
CREATE INDEX `alerts_state` ON `alerts` (`state`,`seq`);--> statement-breakpoint
CREATE INDEX `alerts_resolved` ON `alerts` (`resolved_at`);--> statement-breakpoint
CREATE TABLE `monitor_reports` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`catalogue` text NOT NULL,
	`at` text NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `monitor_reports_catalogue` ON `monitor_reports` (`catalogue`,`seq`);