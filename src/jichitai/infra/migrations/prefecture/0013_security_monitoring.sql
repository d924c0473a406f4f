-- 情報セキュリティ: monitoring
select 1;
