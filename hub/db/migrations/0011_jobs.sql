ALTER TABLE `jobs` ADD `not_before` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `lease_until` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `timeout_ms` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `retry` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `schedule_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `key` text;--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_key` ON `jobs` (`key`);--> statement-breakpoint
CREATE INDEX `jobs_schedule` ON `jobs` (`schedule_id`,`seq`) WHERE schedule_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `time_zone` text DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `missed_policy` text DEFAULT 'skip' NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `timeout_ms` integer;--> statement-breakpoint
ALTER TABLE `schedules` ADD `retry` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `expected_by_ms` integer;--> statement-breakpoint
ALTER TABLE `schedules` ADD `last_due_at` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `owed_since` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `note` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `by` text DEFAULT 'params' NOT NULL;--> statement-breakpoint
CREATE INDEX `job_events_stage` ON `job_events` (`job_id`,`seq`) WHERE type IN ('stage', 'state');