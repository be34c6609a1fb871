DROP TABLE `latest_metrics`;--> statement-breakpoint
DROP TABLE `metrics`;